"""What the tools answer: the wire shapes of a designed and of a checked workflow."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from studio.designer.events import Proposal
from studio.designer.proving import Proved, findings


class Problem(BaseModel):
    """A diagnostic. ``line`` counts from 1."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    help: str
    line: int


class Designed(BaseModel):
    """What the designer made of a request. Nothing was saved: a person takes the text over in the studio."""

    outcome: Literal["proposal", "words"] = Field(
        description="proposal: `text` is a whole workflow without errors; words: only `says`, a question or a refusal"
    )
    text: str = Field("", description="The workflow in Weft")
    says: str = Field("", description="What it says about it, or asks")
    explanation: list[str] = Field(default_factory=list, description="The steps in plain words, in order")
    assumptions: list[str] = []
    questions: list[str] = []
    safety: list[str] = Field(
        default_factory=list, description="What this change takes away from the workflow's safety"
    )
    changes: list[str] = Field(
        default_factory=list, description="What differs from the text before, in words"
    )
    simulated: str = Field("", description="What the simulation found, in one sentence")
    diagnostics: list[Problem] = []


class Checked(BaseModel):
    """What is to be said of a text. ``sound``: it has no errors and can be run."""

    sound: bool
    text: str = Field(description="The same workflow in canonical form")
    explanation: list[str] = Field(default_factory=list, description="The steps in plain words, in order")
    diagnostics: list[Problem] = []


def designed(said: str, proposal: Proposal | None, note: str = "") -> Designed:
    """``note`` is what the caller should know beside the answer."""
    noted = f"\n\n({note})" if note else ""
    if proposal is None:
        return Designed(outcome="words", says=said.strip() + noted)
    return Designed(
        outcome="proposal",
        text=proposal.text,
        says=(said.strip() or proposal.summary) + noted,
        explanation=["  " * line.depth + line.sentence for line in proposal.explanation],
        assumptions=list(proposal.assumptions),
        questions=list(proposal.questions),
        safety=list(proposal.safety),
        changes=[line.sentence for line in proposal.changes],
        simulated=proposal.simulated,
        diagnostics=[Problem(**finding.model_dump()) for finding in proposal.diagnostics],
    )


def checked(proved: Proved, sentences: list[str]) -> Checked:
    problems = [Problem(**finding.model_dump()) for finding in findings(proved)]
    if proved.refusal:
        problems.append(
            Problem(
                code="E001", severity="error", message=proved.refusal, help="Change what it names.", line=1
            )
        )
    return Checked(sound=proved.sound, text=proved.text, explanation=sentences, diagnostics=problems)
