"""Runs that go on from where another one stood: replay from a step, another input, another version.

``retrace`` finds how far a journal carries, ``planning`` says what that means for the world outside, ``birth`` makes
the run in one transaction, ``service`` is the front door.
"""
