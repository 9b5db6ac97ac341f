"""Edits of a workflow that is there, asked for in words: one reader a kind of request."""
