"""Which step of an existing workflow a person means by "the e-mail", "the second approval", "it"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import dsl
from dsl import tree
from dsl.catalog import Catalog, Tool
from dsl.outline import Place, places
from dsl.policy import Nature
from dsl.wording.sentences import sentence_of
from dsl.wording.terms import terms_of
from studio.designer.builtin.edits.change import Found, Option, one_of
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
    tree.Approve: "approval approve gate sign-off permission question decision",
    tree.Wait: "wait pause delay waiting",
    tree.If: "condition check branch if limit threshold gate",
    tree.Switch: "switch cases branch choice",
    tree.Foreach: "loop each all",
    tree.Loop: "loop repeat rounds",
    tree.Parallel: "parallel together",
    tree.Return: "return result end",
    tree.Fail: "failure fail error",
    tree.Agent: "agent model ai",
    tree.Let: "value note",
}
_KINDS = {kind: frozenset(stem(w) for w in raw_tokens(words)) for kind, words in _KIND_WORDS.items()}
_SENDING = frozenset(map(stem, word_list("email mail message notification notify tell inform send")))
_CHANNELS = {
    "email": frozenset({"email", "mail"}),
    "mail": frozenset({"email", "mail"}),
    "slack": frozenset({"slack", "chat", "channel"}),
    "sms": frozenset({"sms", "phone"}),
}
_ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "last": -1, "final": -1,
}  # fmt: skip
_ORDINAL = re.compile(rf"^(?:the\s+)?(?P<n>{'|'.join(_ORDINALS)})\s+(?:of\s+the\s+)?(?P<rest>.+)$", re.I)
_INSIDE = re.compile(
    r"^(?P<rest>.+?)\s+(?:(?:in|inside|within|from|of)\s+the\s+(?P<branch>.+?)\s+(?:branch|case|part|path"
    r"|arm)|"
    r"(?P<when>(?:when|if|after)\s+.*\b(?:refus|reject|declin|den(?:y|ied)|turned down|approv|time[sd]? out|"
    r"nobody|no one)\w*.*))$",
    re.I,
)
_IGNORED = STOP | PRONOUNS | {"step", "part", "the", "call", "workflow", "one", "again", "thing"}
REFUSED = re.compile(
    r"\b(?:refus|reject|declin|den(?:y|ied)|turned? down|not approved|says? no|no is said)", re.I
)
NOBODY = re.compile(
    r"\b(?:nobody|no one|no-one|noone|time[sd]? out|expire|no answer|no reply|in time|not answer)", re.I
)


@dataclass(frozen=True, slots=True)
class Existing:
    """A workflow that is there already, as the edits look at it. ``focus`` is the id of the step spoken of last."""

    text: str
    parsed: dsl.Parsed
    catalog: Catalog
    steps: tuple[Place, ...]
    connectors: dict[str, str]
    """Alias -> connector."""
    focus: str = ""

    @classmethod
    def of(cls, text: str, catalog: Catalog, focus: str = "") -> Existing:
        parsed = dsl.parse(text)
        heads = (h for h in parsed.workflow.heads if isinstance(h, tree.Use))
        return cls(
            text,
            parsed,
            catalog,
            tuple(places(parsed.workflow.body)),
            {h.alias: h.name for h in heads},
            focus,
        )

    # ---- what words mean -------------------------------------------------------------------------------

    def meant(self, words: str, among: Callable[[Place], bool] | None = None) -> list[Place]:
        """The steps that the words fit best, in order of the text; several when they cannot be told apart.

        ``among`` narrows what can be meant; then words that say nothing more mean all of those.
        """
        candidates = [p for p in self.steps if among is None or among(p)]
        words = words.strip(" '\"`“”.,")
        named = [p for p in candidates if p.step.id == words.removesuffix(" step").removeprefix("step ")]
        if named:
            return named
        if (ordinal := _ORDINAL.match(words)) and ordinal["rest"] not in ("of all", "thing"):
            at = _ORDINALS[ordinal["n"].lower()]
            found = self._all_of(ordinal["rest"], candidates)
            return [found[at]] if -len(found) <= at < len(found) else []
        if inside := _INSIDE.match(words):
            within = [p for p in candidates if _stands_in(self, p, inside["branch"] or inside["when"])]
            if within:
                candidates, words = within, inside["rest"]
        said = [s for s in (stem(w) for w in raw_tokens(words)) if s not in _IGNORED]
        if not said:
            if among is not None and not self._refers(words):
                return candidates
            return [p for p in candidates if p.step.id == self.focus]
        return self._best(said, candidates, words)

    def surely(self, words: str) -> bool:
        """Whether every word names one and the same step: then it is that one, and no new one is asked for."""
        said = [s for s in (stem(w) for w in raw_tokens(words)) if s not in _IGNORED]
        return len(said) > 1 and any(self._score(p, said, words) >= 2.5 * len(said) for p in self.steps)

    def one(self, words: str) -> Place | None:
        """The step meant; the outermost and first when several fit as well."""
        found = self.meant(words)
        return min(found, key=lambda p: (p.path.count("."), p.step.span.start)) if found else None

    def choose(
        self, words: str, then: Callable[[Place], Found], among: Callable[[Place], bool] | None = None
    ) -> Found:
        """``then`` of the step that is meant; the choice where it can be several; words where there is none."""
        found = self.meant(words, among)
        if not found:
            return self.which(words)
        if len(found) == 1:
            return then(found[0])
        asked = words.strip() or "that"
        options = tuple(Option(self.label(p), then(p)) for p in found[:8])
        return one_of(f"Several steps can be meant by “{asked}”. Which one?", options)

    def which(self, words: str) -> Said:
        """Nothing fits: say so, and what there is."""
        names = ", ".join(p.step.id for p in self.steps[:12])
        return Said(f"I do not know which step you mean by “{words.strip()}”. The steps are: {names}.")

    def label(self, place: Place) -> str:
        return f"`{place.step.id}`: {self.sentence(place)}"

    def sentence(self, place: Place) -> str:
        return sentence_of(place.step.kind, terms_of(self.parsed.workflow, self.catalog))

    # ---- what a step is --------------------------------------------------------------------------------

    def connector_of(self, call: tree.Call) -> str:
        return self.connectors.get(call.alias, call.alias)

    def tool_of(self, place: Place) -> Tool | None:
        kind = place.step.kind
        return self.catalog.tool(self.connector_of(kind), kind.tool) if isinstance(kind, tree.Call) else None

    def nature_of(self, place: Place) -> Nature | None:
        """What the call of a step may do, as the account says; None for a step that calls nothing known."""
        kind = place.step.kind
        if not isinstance(kind, tree.Call) or self.tool_of(place) is None:
            return None
        return self.catalog.nature(self.connector_of(kind), kind.tool)

    def sends(self, place: Place) -> bool:
        kind = place.step.kind
        if not isinstance(kind, tree.Call):
            return False
        tool = set(name_stems(kind.tool)) | set(name_stems(self.connector_of(kind)))
        return bool(tool & _SENDING) and bool(tool & {"send", "post", "notify", "remind", "writ"})

    def changes_something(self, place: Place) -> bool:
        kind = place.step.kind
        if isinstance(kind, tree.RunWorkflow):
            return True
        return (
            isinstance(kind, tree.Call) and not self.catalog.nature(self.connector_of(kind), kind.tool).reads
        )

    def at(self, path: str) -> Place | None:
        return next((p for p in self.steps if p.path == path), None)

    def owner(self, place: Place) -> Place | None:
        """The step whose block a step stands in."""
        return self.at(place.container.rpartition("/")[0]) if place.container else None

    def within(self, place: Place, outer: Place) -> bool:
        return place.container.startswith((f"{outer.path}/", f"{outer.path}.", f"{outer.path}~"))

    def written(self, node: tree.Expr) -> str:
        return self.text[node.span.start : node.span.end]

    def fields(self, role: str) -> tuple[tree.Field, ...]:
        heads = self.parsed.workflow.heads
        return tuple(f for h in heads if isinstance(h, tree.Fields) and h.role == role for f in h.fields)

    def triggers(self) -> tuple[tree.Trigger, ...]:
        return tuple(h for h in self.parsed.workflow.heads if isinstance(h, tree.Trigger))

    # ---- scoring ---------------------------------------------------------------------------------------

    def _refers(self, words: str) -> bool:
        return bool(self.focus) and bool(set(raw_tokens(words)) & PRONOUNS)

    def _all_of(self, words: str, candidates: list[Place]) -> list[Place]:
        """All steps that the noun fits at all: what an ordinal counts."""
        said = [s for s in (stem(w) for w in raw_tokens(words)) if s not in _IGNORED]
        if not said:
            return [p for p in candidates if not p.container]
        best = self._best(said, candidates, words)
        if len(best) != 1:
            return best
        kind = type(best[0].step.kind)
        return [p for p in candidates if type(p.step.kind) is kind and self._score(p, said, words) > 0]

    def _best(self, said: list[str], candidates: list[Place], words: str) -> list[Place]:
        scored = [(self._score(place, said, words), place) for place in candidates]
        best = max((score for score, _ in scored), default=0.0)
        if best <= 0:
            return []
        found = [place for score, place in scored if score >= best - 0.05]
        rank = min(_rank(p.step.kind) for p in found)
        found = [p for p in found if _rank(p.step.kind) == rank]
        return [p for p in found if not any(self.within(p, other) for other in found)]

    def _score(self, place: Place, said: list[str], words: str) -> float:
        step = place.step
        own = name_stems(step.id)
        kind = _KINDS.get(type(step.kind), frozenset())
        tool: tuple[str, ...] = ()
        told: frozenset[str] = frozenset()
        sends = self.sends(place)
        if isinstance(step.kind, tree.Call):
            tool = (*name_stems(step.kind.tool), *name_stems(self.connector_of(step.kind)))
        elif isinstance(step.kind, tree.RunWorkflow):
            tool = name_stems(self.connectors.get(step.kind.alias, step.kind.alias))
        if isinstance(step.kind, tree.Call | tree.Approve | tree.Agent | tree.RunWorkflow):
            told = frozenset(stems(self.text[step.kind.span.start : step.kind.span.end][:600]))
        elif isinstance(step.kind, tree.If):
            tests = " ".join(self.written(test) for arm in step.kind.arms for test in arm.tests)
            told = frozenset(stems(tests))
        spoken = raw_tokens(words)
        for channel, names in _CHANNELS.items():
            if sends and channel in spoken and not names & {*raw_tokens(" ".join(tool)), *own}:
                return 0.0
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
            elif word in told:
                total += 0.5
            else:
                total -= 0.6
        return total


def _rank(kind: tree.Kind) -> int:
    """What does something is meant before what stands around it, and that before what only ends or notes."""
    match kind:
        case tree.Call() | tree.RunWorkflow() | tree.Agent() | tree.Approve() | tree.Wait():
            return 0
        case tree.Let() | tree.Return() | tree.Fail() | tree.Broken():
            return 2
        case _:
            return 1


def _stands_in(existing: Existing, place: Place, branch: str) -> bool:
    if REFUSED.search(branch):
        return "/reject" in place.container
    if NOBODY.search(branch):
        return "/timeout" in place.container
    if re.search(r"\b(?:else|other|otherwise)\b", branch, re.I):
        return place.container.endswith(("/else", "/default"))
    if re.search(r"\bfail", branch, re.I):
        return "~catch" in place.container or "/catch" in place.container
    owner = existing.owner(place)
    return owner is not None and owner in existing.meant(branch)
