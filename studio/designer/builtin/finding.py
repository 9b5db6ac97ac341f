"""Which step of an existing workflow a person means by "the e-mail", "the approval", "refunding"."""

from __future__ import annotations

from dataclasses import dataclass

import dsl
from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import Place, places
from studio.designer.builtin.words import (
    PRONOUNS,
    STOP,
    likeness,
    name_stems,
    raw_tokens,
    stem,
    stems,
    word_list,
)
from studio.designer.writing import Said

_KIND_WORDS: dict[type, str] = {
    tree.Approve: "approval approve gate sign-off permission",
    tree.Wait: "wait pause delay",
    tree.If: "condition check branch if limit threshold gate",
    tree.Foreach: "loop each all",
    tree.Loop: "loop repeat",
    tree.Parallel: "parallel together",
    tree.Return: "return result end",
    tree.Fail: "failure fail",
    tree.Agent: "agent model",
    tree.Let: "value note",
}
_SENDING = frozenset(map(stem, word_list("email mail message notification notify tell inform send")))


@dataclass(frozen=True, slots=True)
class Existing:
    """A workflow that is there already, as the edits look at it."""

    text: str
    parsed: dsl.Parsed
    catalog: Catalog
    steps: tuple[Place, ...]
    connectors: dict[str, str]
    """Alias -> connector."""

    @classmethod
    def of(cls, text: str, catalog: Catalog) -> Existing:
        parsed = dsl.parse(text)
        heads = (h for h in parsed.workflow.heads if isinstance(h, tree.Use))
        return cls(
            text, parsed, catalog, tuple(places(parsed.workflow.body)), {h.alias: h.name for h in heads}
        )

    def find(self, words: str) -> list[Place]:
        """The steps that the words fit best, all of the best score; empty when none fits."""
        said = [s for s in (stem(w) for w in raw_tokens(words)) if s not in _IGNORED]
        if not said:
            return []
        scored = [(self._score(place, said), place) for place in self.steps]
        best = max((score for score, _ in scored), default=0.0)
        return [place for score, place in scored if score == best and score > 0]

    def one(self, words: str) -> Place | None:
        """The step meant; the outermost and first when several fit as well."""
        found = self.find(words)
        return min(found, key=lambda p: (p.path.count("."), p.step.span.start)) if found else None

    def which(self, words: str) -> Said:
        """Nothing fits: say so, and what there is."""
        names = ", ".join(p.step.id for p in self.steps[:12])
        return Said(f"I do not know which step you mean by “{words.strip()}”. The steps are: {names}.")

    def _score(self, place: Place, said: list[str]) -> float:
        step = place.step
        own = name_stems(step.id)
        kind = frozenset(stem(w) for w in _KIND_WORDS.get(type(step.kind), "").split())
        tool: tuple[str, ...] = ()
        sends = False
        if isinstance(step.kind, tree.Call):
            tool = (
                *name_stems(step.kind.tool),
                *name_stems(self.connectors.get(step.kind.alias, step.kind.alias)),
            )
            sends = bool(set(tool) & _SENDING) and ("send" in tool or "post" in tool)
        told = frozenset(stems(self.text[step.kind.span.start : step.kind.span.end][:400]))
        total = 0.0
        for word in said:
            if tuple(said) == own or "_".join(said) == step.id:
                total += 4
            elif word in own:
                total += 3
            elif word in kind or word in tool or (sends and word in _SENDING):
                total += 2.5
            elif any(likeness(word, other) for other in (*own, *tool)):
                total += 1.5
            elif isinstance(step.kind, tree.Call | tree.Approve) and word in told:
                total += 0.5
            else:
                total -= 0.6
        return total


_IGNORED = STOP | PRONOUNS | {"step", "part", "the", "call", "workflow", "one", "again"}
