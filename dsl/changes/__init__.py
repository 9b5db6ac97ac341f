"""Two texts compared in what they mean, and what a new one breaks for those who use the old one."""

from __future__ import annotations

from dsl.changes.breaking import breaking
from dsl.changes.change import Change, Changes, Weight
from dsl.changes.difference import changes

__all__ = ["Change", "Changes", "Weight", "breaking", "changes"]
