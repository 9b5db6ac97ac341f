"""Talking about a workflow: questions answered in plain words, and what was said in the turns before."""
