""" "What happens if the customer is not eligible?": the ways of a simulation that fit, told in plain words."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place, slots
from dsl.simulation import Limits, Path, Simulation, simulate
from dsl.wording.sentences import arm_label
from dsl.wording.spelling import listed
from dsl.wording.terms import terms_of
from studio.designer.builtin.conditions import read_test
from studio.designer.builtin.edits.approvals import approvals_of
from studio.designer.builtin.edits.cases import resolved
from studio.designer.builtin.edits.finding import NOBODY, REFUSED, Existing
from studio.designer.builtin.edits.moving import branches
from studio.designer.builtin.testing import Resolved, inverted
from studio.designer.proving import proved_as_it_is

_LIMITS = Limits(runs=120, paths=60, steps=400, work=3_000, variants=4)
_ROUNDS = re.compile(r"\[\d+\]|#\d+")
_FAILED = re.compile(
    r"^(?P<what>.+?)\s+(?:fails?|has failed|breaks|is down|times? out|(?:does|do)(?:n't| not) (?:work"
    r"|answer|respond)|"
    r"can(?:not|'t) be \w+|goes wrong|bounces|errors?)(?:\s+.*)?$",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:nobody|no one|manager|approver|finance|they|lead|director|person|somebody|accountant|anyone)\b",
    re.IGNORECASE,
)


def what_if(existing: Existing, case: str) -> str:
    """What then happens, in a few sentences; "" when nothing there fits the case."""
    case = re.sub(r"\?$", "", case.strip())
    approvals = approvals_of(existing)
    if approvals and NOBODY.search(case) and not re.search(r"\bfails?\b", case):
        return _answers(existing, _meant(existing, case, approvals), "expired", "nobody answers")
    if approvals and (REFUSED.search(case) or re.search(r"\b(?:disagree|say no|says no)\b", case)):
        return _answers(existing, _meant(existing, case, approvals), "rejected", "it is refused")
    if approvals and re.search(r"\b(?:approves?|approved|agrees?|says? yes|said yes)\b", case):
        return _answers(existing, _meant(existing, case, approvals), "approved", "it is approved")
    if match := _FAILED.match(case):
        found = [
            p
            for p in existing.meant(match["what"])
            if isinstance(p.step.kind, tree.Call | tree.RunWorkflow | tree.Agent)
        ]
        if found:
            return _failure(existing, found[0])
    return _branch(existing, case)


def _meant(existing: Existing, case: str, approvals: list[Place]) -> list[Place]:
    if len(approvals) == 1:
        return approvals
    named = [p for p in existing.meant(case) if p in approvals]
    return named or approvals


def _simulated(existing: Existing) -> Simulation | None:
    proved = proved_as_it_is(existing.text, existing.catalog)
    if not proved.sound:
        return None
    try:
        return simulate(dsl.lower(proved.parsed, existing.catalog), existing.catalog, limits=_LIMITS)
    except ValueError:
        return None


def _plain(path: str) -> str:
    return _ROUNDS.sub("", path)


def _answers(existing: Existing, gates: list[Place], answer: str, words: str) -> str:
    found = _simulated(existing)
    if found is None:
        return ""
    lines = []
    for gate in gates:
        said = {
            "expired": ("nobody", "expire", "no answer", "in time"),
            "rejected": ("reject",),
            "approved": ("approve",),
        }[answer]
        ways = [
            p for p in found.paths
            if any(_plain(c.path) == gate.path and any(s in c.words for s in said) for c in p.choices)
        ]  # fmt: skip
        if not ways:
            continue
        name = f" at {gate.step.id!r}" if len(gates) > 1 else ""
        lines.append(f"When {words}{name}: {_told(existing, ways, gate)}")
    return "\n".join(lines)


def _failure(existing: Existing, place: Place) -> str:
    found = _simulated(existing)
    if found is None:
        return ""
    ways = [p for p in found.paths if any(_plain(t.path) == place.path and t.error for t in p.steps)]
    if not ways:
        return f"As far as can be walked, {place.step.id!r} does not fail for good."
    retry = next((c for c in place.step.clauses if isinstance(c, tree.Retry)), None)
    again = f"it is tried again up to {retry.max} times; then " if retry else ""
    return f"When {place.step.id!r} fails, {again}{_told(existing, ways, place)}"


def _branch(existing: Existing, case: str) -> str:
    """The branch whose condition the case is."""
    found = _slot(existing, case)
    if found is None:
        return ""
    owner, reference, label = found
    inside = [p for p in existing.steps if p.container == reference]
    ways_found = _simulated(existing)
    if ways_found is None:
        return ""
    if inside:
        ways = [w for w in ways_found.paths if any(_plain(t.path) == inside[0].path for t in w.steps)]
    else:
        others = {p.path for p in existing.steps if p.container.startswith(f"{owner.path}/")}
        ways = [
            w for w in ways_found.paths
            if any(_plain(t.path) == owner.path for t in w.steps) and not any(_plain(t.path) in others for t in w.steps)
        ]  # fmt: skip
    if not ways:
        return ""
    return f"{label[:1].upper()}{label[1:]}: {_told(existing, ways, owner)}"


def _slot(existing: Existing, case: str) -> tuple[Place, str, str] | None:
    terms = terms_of(existing.parsed.workflow, existing.catalog)
    test = read_test(case)
    for place in existing.steps:
        kind = place.step.kind
        if not isinstance(kind, tree.If) or test is None:
            continue
        held = resolved(existing, place.container, place.step.id, test)
        if not isinstance(held, Resolved):
            continue
        wanted, against = _bare(held.test), _bare(inverted(held).test)
        for slot in slots(place.step):
            if slot.name == "else":
                continue
            index = (
                0
                if slot.name == "then"
                else int(slot.name.removeprefix("elif") or 0)
                if slot.name.startswith("elif")
                else -1
            )
            if index < 0:
                continue
            own = _bare(existing.written(kind.arms[index].tests[0]))
            if own == wanted or _same_side(own, wanted):
                return place, f"{place.path}/{slot.name}", arm_label(kind, slot.name, terms)
            if own == against or _same_side(own, against):
                return (
                    place,
                    f"{place.path}/else",
                    f"when not {arm_label(kind, slot.name, terms).removeprefix('if ')}",
                )
    near = branches(existing, case)
    if len(near) == 1:
        reference, label = near[0]
        owner = existing.at(reference.rpartition("/")[0])
        return (owner, reference, label) if owner is not None else None
    return None


def _bare(test: str) -> str:
    return re.sub(r"[\s()]", "", test)


def _same_side(one: str, two: str) -> bool:
    """Comparisons of one thing in one direction, whatever the number: "over 500" falls under "over 100" too."""
    first = re.fullmatch(r"([\w.]+)(<=?|>=?)(config\.\w+|input\.\w+|-?[\d.]+)", one)
    second = re.fullmatch(r"([\w.]+)(<=?|>=?)(config\.\w+|input\.\w+|-?[\d.]+)", two)
    return bool(first and second and first[1] == second[1] and first[2][0] == second[2][0])


def _told(existing: Existing, ways: list[Path], around: Place) -> str:
    """What those ways have in common, and how they end."""
    plainest = min(
        ways,
        key=lambda w: (
            w.outcome.ending != "succeeded" and len(ways) > 1,
            sum(not c.plain for c in w.choices),
        ),
    )
    paths = [_plain(t.path) for t in plainest.steps]
    inner = f"{around.path}."
    at = next((i for i, p in enumerate(paths) if p == around.path or p.startswith(inner)), 0)
    later = [p for p in dict.fromkeys(paths[at:]) if p != around.path]
    before = set(paths[:at])
    sentences = []
    for path in later:
        place = existing.at(path)
        if place is None or isinstance(
            place.step.kind, tree.If | tree.Switch | tree.Parallel | tree.Do | tree.Foreach | tree.Loop
        ):
            continue
        if path in before and not path.startswith(around.path):
            continue
        sentences.append(existing.sentence(place))
    told = listed([s[:1].lower() + s[1:] for s in sentences[:8]]) if sentences else "nothing more is done"
    ends = list(dict.fromkeys(w.outcome.words for w in ways))
    effects = list(dict.fromkeys(e.tool for w in ways for e in w.effects if not e.undoing))
    outside = f" On the way it calls {listed(effects)}." if effects else " Nothing is changed outside."
    undone = list(dict.fromkeys(u for w in ways for u in w.undone))
    undo = f" It undoes {listed([repr(u) for u in undone])}." if undone else ""
    return f"{told}; then the run {' or '.join(ends[:3])}.{outside}{undo}"


__all__ = ["what_if"]
