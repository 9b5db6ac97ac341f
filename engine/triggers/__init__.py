"""What starts runs by itself: schedules, webhooks and events.

A version that becomes live brings its triggers with it (``syncing``); each is a row that keeps its id and its pause
from version to version. What a trigger makes of an event is decided by a pure function (``firing``), whoever fires it.
The moments of a schedule are found in ``moments``; the scheduler beside each runner's janitor (``scheduler``) fires
them. Nothing is imported here: a runner takes the half that needs no SQLAlchemy.
"""
