"""E901: something that this engine cannot run.

What: the text is right, but publishing it finds a form that the engine which would run it does not know.
Why: a published version must be able to run; a run that stops at a form nobody knows would have had half its effects.
Fix: write the step in another way, or publish with a newer engine.
"""
