"""Other systems that are told what happens in an account: by signed webhooks, at least once, under one id.

Who is told of what is a row (``event_subscriptions``, kept by ``register``). What is told is written into the outbox in
the transaction in which it happens: of runs and approvals by the database itself (the migration), of published events
by ``subscribing``. The courier sends it (``engine.notifying``).
"""
