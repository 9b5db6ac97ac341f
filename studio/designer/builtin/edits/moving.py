"""Steps in another place: before and after others, first and last, into a branch, changed about."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import dsl
from dsl import tree
from dsl.cel.source import free_names
from dsl.outline import Place, slots
from dsl.walk import walk
from dsl.wording.sentences import arm_label
from dsl.wording.terms import terms_of
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import NOBODY, REFUSED, Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.words import STOP, likeness, stems
from studio.designer.writing import Said

_MUST = r"(?:should|must|shall|has to|have to|needs? to|ought to|is to|may|can|will)"
_GOES = r"(?:come|go|be|happen|run|be done|be sent|be asked|take place|occur|start|move|stand|be moved)"
_BEFORE = (
    r"(?P<where>before|after|in front of|behind|ahead of|above|below|right before|right after|just"
    r" before|just after)"
)
_MOVES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:move|put|do|run|shift|place|send|drag|have|make|perform|get)\s+(?P<what>.+?)\s+"
        rf"(?:(?:up|down|back|forward|come|go|happen|run|to|be)\s+)*{_BEFORE}\s+(?P<other>.+)$",
        rf"^(?P<what>.+?)\s+{_MUST}\s+(?:rather |always |already )?{_GOES}\s+{_BEFORE}\s+(?P<other>.+)$",
        rf"^(?P<what>.+?)\s+(?:comes|goes|belongs|happens|runs)\s+{_BEFORE}\s+(?P<other>.+)$",
        rf"^(?:have|do|put|run|i want|want)?\s*(?P<what>the [\w ]+?)\s+{_BEFORE}\s+(?P<other>the .+)$",
    )
)
_DONE = re.compile(
    rf"^(?P<what>[a-z]+ the [\w ]+?)\s+{_BEFORE}\s+(?P<other>(?:the )?\w[\w ]*)$", re.IGNORECASE
)
"""What is done already, in the words of an order: "print the label before the loop"."""

_FIRST_THEN = re.compile(
    r"^(?:do\s+|first\s+(?:do\s+)?)?(?P<what>(?:the\s+)?[\w ]+?)\s*(?:first)?,?\s+(?:and\s+)?(?:only"
    r"\s+)?then\s+(?:do\s+|comes?\s+)?"
    r"(?P<other>(?:the\s+)?[\w ]+)$",
    re.IGNORECASE,
)
_ENDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:move|put|do|run|shift|place|send|make|perform|have)\s+(?P<what>.+?)\s+(?:(?:to|at|be|as"
        r"|come|happen|go)\s+)*"
        r"(?:the\s+)?(?:very\s+)?(?P<end>first|last|beginning|start|top|front|end|bottom|earliest|finally)"
        r"(?:\s+(?:step|thing|of (?:the )?(?:workflow|process|all)|of everything))?$",
        rf"^(?P<what>.+?)\s+{_MUST}\s+{_GOES}\s+(?:(?:at|to|as|the|very)\s+)*(?P<end>first|last|beginning"
        r"|start|top|end|bottom)"
        r"(?:\s+(?:step|thing))?$",
        r"^(?P<end>first|last)\s+(?:do|comes|run)\s+(?P<what>.+)$",
        r"^(?P<what>\w+(?: it)?)\s+(?P<end>last|first)$",
        r"^start with\s+(?P<what>the .+?)(?P<end>)$",
    )
)
_STEPWISE = re.compile(
    r"^(?:move|shift|push|put)\s+(?P<what>.+?)\s+(?:one\s+(?:step\s+|place\s+)?)?(?P<dir>up|down|earlier"
    r"|later)"
    r"(?:\s+(?:by\s+)?(?:one|a)(?:\s+(?:step|place))?)?$",
    re.IGNORECASE,
)
_SWAPS = (
    re.compile(
        r"^(?:swap|switch|exchange|flip|interchange)\s+(?:the\s+order\s+of\s+)?(?P<one>.+?)\s+(?:and|with"
        r"|for)\s+"
        r"(?P<two>.+?)(?:\s+(?:around|about|over|round))?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:reverse|turn around|change)\s+the\s+order\s+of\s+(?P<one>.+?)\s+and\s+(?P<two>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:do\s+)?(?P<one>.+?)\s+and\s+(?P<two>.+?)\s+(?:should be |must be |are |go )?(?:in the wrong"
        r" order|"
        r"the other way (?:a?round|about)|in (?:the )?reverse(?:d)? order)$",
        re.IGNORECASE,
    ),
)
_INTO = re.compile(
    r"^(?:move|put|shift|place|drag|do|send)\s+(?P<what>.+?)\s+(?:in|into|inside|within|under|to)\s+"
    r"(?:the\s+)?(?P<branch>.+)$",
    re.IGNORECASE,
)
_OUT = re.compile(
    r"^(?:move|take|pull|get|put)\s+(?P<what>.+?)\s+(?:out of|outside(?: of)?|out from)\s+(?:the\s+)?"
    r"(?P<block>.+)$",
    re.IGNORECASE,
)
_BRANCHY = re.compile(
    r"\b(?:branch|case|block|loop|path|arm|if|when|where|parallel|group|else|otherwise|condition)\b",
    re.IGNORECASE,
)


def move(clause: str, existing: Existing) -> Found | None:
    for pattern in _SWAPS:
        if match := pattern.match(clause):
            return _two(existing, match["one"], match["two"], lambda a, b: _swapped(existing, a, b))
    if (match := _OUT.match(clause)) and existing.meant(match["what"]):
        return existing.choose(match["what"], lambda place: _out(existing, place))
    for pattern in _MOVES:
        match = pattern.match(clause)
        if match and _known(existing, match["what"]):
            after = match["where"].lower().split()[-1] in ("after", "behind", "below")
            where = "after" if after else "before"
            if after and (refused := _branch_after(existing, match["other"])) is not None:
                return existing.choose(match["what"], partial(_into, existing, reference=refused))
            return _two(existing, match["what"], match["other"], partial(_moved, existing, where=where))
    done = _DONE.match(clause)
    if done and existing.surely(done["what"]):
        after = done["where"].lower().split()[-1] in ("after", "behind", "below")
        return _two(
            existing,
            done["what"],
            done["other"],
            partial(_moved, existing, where="after" if after else "before"),
        )
    for pattern in _ENDS:
        match = pattern.match(clause)
        if match and _known(existing, match["what"]):
            last = match["end"].lower() in ("last", "end", "bottom", "finally")
            then = _last if last else _first
            return existing.choose(match["what"], partial(then, existing))
    if (match := _STEPWISE.match(clause)) and existing.meant(match["what"]):
        up = match["dir"].lower() in ("up", "earlier")
        return existing.choose(match["what"], lambda place: _by_one(existing, place, up=up))
    if (
        (match := _INTO.match(clause))
        and _BRANCHY.search(match["branch"])
        and _known(existing, match["what"])
    ):
        branch = match["branch"]
        return existing.choose(match["what"], lambda place: _into_branch(existing, place, branch))
    match = _FIRST_THEN.match(clause)
    if match and existing.meant(match["what"]) and existing.meant(match["other"]):
        return _two(existing, match["what"], match["other"], lambda a, b: _moved(existing, a, b, "before"))
    return None


def _known(existing: Existing, words: str) -> bool:
    """Whether the words name a step that is there; "a wait of two days" asks for a new one."""
    return not re.match(r"^(?:an?|another|new|one more)\b", words.strip(), re.IGNORECASE) and (
        bool(existing.meant(words)) or bool(re.match(r"^the\b|^it$", words.strip(), re.IGNORECASE))
    )


def _two(existing: Existing, one: str, two: str, then: Callable[[Place, Place], Found]) -> Found:
    return existing.choose(one, lambda a: existing.choose(two, lambda b: then(a, b)))


def at_step(existing: Existing, other: Place, *, after: bool) -> tuple[str, str | None]:
    """The slot (block reference, id of the step behind it) before or after a step."""
    if not after:
        return other.container, other.step.id
    siblings = [p for p in existing.steps if p.container == other.container]
    index = siblings.index(other)
    return other.container, siblings[index + 1].step.id if index + 1 < len(siblings) else None


def companions(existing: Existing, place: Place) -> list[Place]:
    """The step with what only makes sense right behind it: a condition on its result that ends the run."""
    siblings = [p for p in existing.steps if p.container == place.container]
    found = [place]
    for follower in siblings[siblings.index(place) + 1 :]:
        match follower.step.kind:
            case tree.If(arms=arms, otherwise=None) if all(
                _ends(arm.block) and place.step.id in _read(arm.tests) for arm in arms
            ):
                found.append(follower)
            case _:
                break
    return found


def _ends(block: tree.Block) -> bool:
    return bool(block.steps) and isinstance(block.steps[-1].kind, tree.Return | tree.Fail)


def _read(tests: tuple[tree.Expr, ...]) -> set[str]:
    return {name for test in tests for name in free_names(test)}


def _moved(existing: Existing, place: Place, other: Place, where: str) -> Found:
    if place.path == other.path or existing.within(other, place):
        return Said(f"The step {place.step.id!r} cannot come {where} itself.")
    group = companions(existing, place)
    if where == "after":
        beside = [p for p in companions(existing, other) if p not in group]
        other = beside[-1] if beside else other
    if other in group:
        return Said(f"{other.step.id!r} belongs to {place.step.id!r}, so there is nothing to move.")
    container, before = at_step(existing, other, after=where == "after")
    return _to(
        existing, group, container, before, f"The step {place.step.id!r} now comes {where} {other.step.id!r}."
    )


def _to(existing: Existing, group: list[Place], container: str, before: str | None, said: str) -> Found:
    ids = {p.step.id for p in group}
    if before in ids:
        siblings = [p for p in existing.steps if p.container == container]
        index = next(i for i, p in enumerate(siblings) if p.step.id == before)
        later = [p for p in siblings[index:] if p.step.id not in ids]
        before = later[0].step.id if later else None
    same = all(p.container == container for p in group)
    siblings = [p.step.id for p in existing.steps if p.container == container]
    if same:
        end = siblings.index(group[-1].step.id) + 1
        following = siblings[end] if end < len(siblings) else None
        if before == following:
            return Said(f"The step {group[0].step.id!r} is there already.")
    hand = Hand(existing)
    for place in group:
        now = next(
            (p for p in hand.existing.steps if p.step.id == place.step.id and p.container == place.container),
            None,
        )
        if now is not None:
            hand.make(dsl.MoveStep(path=now.path, container=container, before=before))
    also = f" {_listed([p.step.id for p in group[1:]])} came along." if len(group) > 1 else ""
    return hand.change(said + also, group[0].step.id)


def _listed(ids: list[str]) -> str:
    return " and ".join(repr(i) for i in ids)


def _first(existing: Existing, place: Place) -> Found:
    """As early as what it reads lets it."""
    group = companions(existing, place)
    block = [p for p in existing.steps if p.container == place.container]
    needs = {node.id for p in group for node in walk(p.step) if isinstance(node, tree.Name)}
    start = 0
    for index, sibling in enumerate(block):
        if sibling not in group and sibling.step.id in needs:
            start = index + 1
    target = next((p for p in block[start:] if p not in group), None)
    if target is None or block.index(target) > block.index(place):
        why = f", because it needs what {block[start - 1].step.id!r} gives" if start else ""
        return Said(f"The step {place.step.id!r} comes as early as it can already{why}.")
    said = f"The step {place.step.id!r} now comes first"
    said += f", right behind {block[start - 1].step.id!r}, whose result it needs." if start else "."
    return _to(existing, group, place.container, target.step.id, said)


def _last(existing: Existing, place: Place) -> Found:
    block = [p for p in existing.steps if p.container == place.container and p.path != place.path]
    end = next((p.step.id for p in reversed(block) if isinstance(p.step.kind, tree.Return | tree.Fail)), None)
    end = end if block and block[-1].step.id == end else None
    return _to(existing, [place], place.container, end, f"The step {place.step.id!r} now comes last.")


def _by_one(existing: Existing, place: Place, *, up: bool) -> Found:
    block = [p for p in existing.steps if p.container == place.container]
    index = block.index(place)
    other = index - 1 if up else index + 1
    if not 0 <= other < len(block):
        return Said(f"The step {place.step.id!r} is {'first' if up else 'last'} already.")
    return _moved(existing, place, block[other], "before" if up else "after")


def _swapped(existing: Existing, one: Place, two: Place) -> Found:
    if one.path == two.path:
        return Said(f"Both are the step {one.step.id!r}: name the other one.")
    if one.container != two.container:
        return Said(
            f"{one.step.id!r} and {two.step.id!r} stand in different blocks, so they cannot change places. "
            "Say where each should go."
        )
    first, second = sorted((one, two), key=lambda p: p.index)
    siblings = [p for p in existing.steps if p.container == one.container]
    group = companions(existing, first)
    behind = companions(existing, second)
    after = siblings.index(behind[-1]) + 1
    follower = siblings[after].step.id if after < len(siblings) else None
    hand = Hand(existing)
    moved = _to(hand.existing, behind, one.container, first.step.id, "")
    if isinstance(moved, Change):
        hand.take(moved)
    now = [next(p for p in hand.existing.steps if p.path == q.path) for q in group]
    moved = _to(hand.existing, now, one.container, follower, "")
    if isinstance(moved, Change):
        hand.take(moved)
    return hand.change(f"{first.step.id!r} and {second.step.id!r} have changed places.", one.step.id)


def _out(existing: Existing, place: Place) -> Found:
    owner = existing.owner(place)
    if owner is None:
        return Said(f"The step {place.step.id!r} stands in no block.")
    container, before = at_step(existing, owner, after=True)
    return _to(
        existing, [place], container, before, f"The step {place.step.id!r} now comes after {owner.step.id!r}."
    )


# ---- branches ------------------------------------------------------------------------------------------


def _branch_after(existing: Existing, words: str) -> str | None:
    """ "after it was refused" is a branch, not a place behind a step."""
    if not re.search(r"\b(?:is|was|has been|gets|get|says)\b", words, re.IGNORECASE):
        return None
    found = branches(existing, words)
    return found[0][0] if len(found) == 1 else None


def _into_branch(existing: Existing, place: Place, words: str) -> Found:
    found = [(ref, label) for ref, label in branches(existing, words) if not ref.startswith(f"{place.path}/")]
    if not found:
        return Said(
            f"I found no branch that fits “{words}”. Say which condition or which step it belongs to."
        )
    if len(found) == 1:
        return _into(existing, place, found[0][0])
    return Choice(
        f"Several branches can be meant by “{words}”. Which one?",
        tuple(Option(label, _into(existing, place, ref)) for ref, label in found),
    )


def _into(existing: Existing, place: Place, reference: str) -> Found:
    inside = [p for p in existing.steps if p.container == reference and p.path != place.path]
    end = inside[-1].step.id if inside and isinstance(inside[-1].step.kind, tree.Return | tree.Fail) else None
    owner = reference.rpartition("/")[0].rpartition(".")[2]
    hand = Hand(existing)
    hand.make(dsl.MoveStep(path=place.path, container=reference, before=end))
    return hand.change(f"The step {place.step.id!r} now stands inside {owner!r}.", place.step.id)


def branches(existing: Existing, words: str) -> list[tuple[str, str]]:
    """Blocks (reference, label) that a description fits: "where it is refused", "if the total is over 100"."""
    found: list[tuple[float, str, str]] = []
    terms = terms_of(existing.parsed.workflow, existing.catalog)
    said = [s for s in stems(words) if s not in _BRANCH_WORDS]
    for place in existing.steps:
        kind = place.step.kind
        if isinstance(kind, tree.Approve):
            if REFUSED.search(words):
                found.append((5.0, f"{place.path}/reject", f"when `{place.step.id}` is rejected"))
            elif NOBODY.search(words):
                found.append((5.0, f"{place.path}/timeout", f"when nobody answers `{place.step.id}`"))
            continue
        named = place in existing.meant(words) if said else False
        for slot in slots(place.step):
            label = arm_label(kind, slot.name, terms)
            if (
                not label
                and slot.name == "body"
                and isinstance(kind, tree.Foreach | tree.Loop | tree.Do | tree.Parallel)
            ):
                label = f"`{place.step.id}`"
            if not label:
                continue
            tests = " ".join(existing.written(t) for t in _tests(kind, slot.name))
            known = {*stems(label), *stems(tests)}
            score = sum(1.0 for s in said if s in known) + sum(
                0.6 for s in said if s not in known and any(likeness(s, k) for k in known)
            )
            score = score / max(len(said), 1) + (1.0 if named else 0.0)
            other = bool(re.search(r"\b(?:else|otherwise|other)\b", words, re.IGNORECASE))
            score = max(score, 0.6) if other and slot.name in ("else", "default") else score
            score += 0.1 if other == (slot.name in ("else", "default")) else 0.0
            if score >= 0.5:
                found.append((score, f"{place.path}/{slot.name}", f"{label} (in `{place.step.id}`)"))
        if (
            isinstance(kind, tree.If)
            and kind.otherwise is None
            and re.search(r"\b(?:else|otherwise)\b", words)
        ):
            found.append(
                (0.6 + (1.0 if named else 0.0), f"{place.path}/else", f"otherwise (in `{place.step.id}`)")
            )
    best = max((score for score, _, _ in found), default=0.0)
    return [(ref, label) for score, ref, label in found if score >= best - 0.01]


_BRANCH_WORDS = STOP | {"branch", "case", "block", "path", "arm", "wher", "when", "condition", "part"}


def _tests(kind: tree.Kind, slot: str) -> tuple[tree.Expr, ...]:
    match kind:
        case tree.If(arms=arms) if slot == "then" or slot.startswith("elif"):
            return arms[0 if slot == "then" else int(slot.removeprefix("elif"))].tests
        case tree.Switch(arms=arms) if slot.startswith("case"):
            return arms[int(slot.removeprefix("case"))].tests
        case _:
            return ()


__all__ = ["at_step", "branches", "companions", "move"]
