"""What one clause asks of an existing workflow: edits with what to say of them, or a choice the person must make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import dsl
from studio.designer.writing import Said


@dataclass(frozen=True, slots=True)
class Change:
    """``edits`` are applied in order, all or nothing; ``said`` is what was done, in one sentence.

    ``about`` is the id of the step that was spoken of: what "it" means in the next clause.
    """

    edits: tuple[dsl.Edit, ...]
    said: str
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be meant: ``label`` names it, ``found`` is what then follows."""

    label: str
    found: Found


@dataclass(frozen=True, slots=True)
class Choice:
    """Several things can be meant. With a single option it is a yes-or-no question."""

    question: str
    options: tuple[Option, ...]

    def asked(self) -> str:
        if len(self.options) == 1:
            return self.question
        listed = "\n".join(f"{n}. {option.label}" for n, option in enumerate(self.options, 1))
        return f"{self.question}\n{listed}"


Found: TypeAlias = Change | Said | Choice


def one_of(question: str, options: tuple[Option, ...]) -> Found:
    """A choice of what can be done; no choice when that is one thing only."""
    able = tuple(option for option in options if not isinstance(option.found, Said))
    if len(able) == 1 and len(options) > 1:
        return able[0].found
    return Choice(question, able) if able else options[0].found
