"""At the same time or one after the other, for each of a list, how many at once, how many rounds."""

from __future__ import annotations

import re
from functools import partial

import dsl
from dsl import tree
from dsl.outline import Place
from dsl.walk import walk
from studio.designer.builtin.amounts import NUMBER_WORDS
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.moving import at_step
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.scope import Scope, Thing, noun_words
from studio.designer.builtin.shapes import item_schema, properties
from studio.designer.builtin.words import name_stems, plural, singular, stem
from studio.designer.builtin.work import identifier
from studio.designer.writing import Said

_AT_ONCE = r"(?:at the same time|in parallel|simultaneously|concurrently|side by side|at once|together)"
_PARALLEL = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:do|run|make|start|let|have|put|execute|send|perform)?\s*(?P<one>.+?)\s+and\s+(?P<two>.+?)"
        r"\s+(?:(?:should|must|can|may|could)\s+)?(?:both\s+)?(?:run|happen|be done|be sent|go|start"
        rf"|take place)?\s*{_AT_ONCE}$",
        rf"^(?:do|run|make|start|let|have|execute|send)\s+(?P<one>.+?)\s+{_AT_ONCE}\s+(?:as|with)\s+"
        r"(?P<two>.+)$",
        rf"^(?P<one>.+?)\s+(?:should|must|can|may|could)\s+(?:run|happen|be done|go|start)\s+{_AT_ONCE}"
        r"\s+(?:as|with|to)\s+(?P<two>.+)$",
        r"^(?:parallelize|parallelise)\s+(?P<one>.+?)\s+(?:and|with)\s+(?P<two>.+)$",
    )
)
_BOTH = re.compile(
    r"^(?:do|run|make|start|send|have)\s+(?:(?:them|the)\s+)?(?:both|two|these(?: two)?|them)(?:\s+(?:of"
    rf" them|steps|things|mails|emails|messages|lookups|calls))?\s+{_AT_ONCE}$|^both\s+(?:should|must|can"
    rf"|may)\s+(?:run|happen|be done)\s+{_AT_ONCE}$",
    re.IGNORECASE,
)
_SERIAL = re.compile(
    r"^(?:do|run|make|have|process|handle|put|execute)?\s*(?P<what>.*?)\s*(?:one after (?:the other"
    r"|another)|one by one|sequentially|in sequence|in a row|not (?:at the same time|in parallel|at"
    r" once))(?:\s+(?:instead|rather than .+|not .+))?$",
    re.IGNORECASE,
)
_N = r"(?P<n>\d+|one|two|three|four|five|six|eight|ten|twenty)"
_CONCURRENCY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:(?:do|run|process|handle|work on|allow|make it|make|have|send|let)\s+)?(?P<what>.*?)\s*"
        r"(?:with\s+)?(?:at most|up to|only|no more than|max(?:imum)?|never more than|not more than)?"
        rf"\s*{_N}\s*(?:of (?:them|the \w+)\s+|items?\s+|orders?\s+|\w+s\s+)?(?:at once|at a time|in"
        r" parallel|at the same time|concurrently|simultaneously)(?:\s+(?:instead|not|rather|only)\b.*|,"
        r"\s*not.*)?$",
        r"^(?:set|change|raise|lower|increase|reduce|limit)\s+the\s+concurrency\s*(?:of (?P<what>.+?))?"
        rf"\s+to\s+{_N}$",
        rf"^(?:a\s+)?concurrency\s+(?:of\s+|should be\s+|is\s+)?{_N}(?P<what>)$",
    )
)
_ROUNDS = re.compile(
    r"^(?:(?:do|run|repeat|loop|try|make)\s+)?(?P<what>.*?)\s*(?:at most|up to|only|no more than|a"
    rf" maximum of|max(?:imum)?)\s+{_N}\s+(?:rounds|times|iterations|loops|reminders|repetitions)$|^"
    r"(?:set|change|raise|lower)\s+the\s+(?:maximum|max|number of rounds)\s*(?:of (?P<what2>.+?))?\s+to"
    r"\s+(?P<n2>\d+)(?:\s+rounds)?$",
    re.IGNORECASE,
)
_EACH = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:do|run|make|have|let|send|call|repeat|perform)?\s*(?P<what>.+?)\s+(?:once\s+)?(?:per|for"
        r"\s+(?:each|every|all(?: of)?(?: the)?|any))\s+(?:single\s+|one of the\s+|of the\s+)?(?P<noun>[\w"
        r" ]+?)(?:\s+(?:in|of)\s+(?P<of>[\w ]+?))?(?:,?\s+(?:rather than|instead of|not)\s+(?:only\s+"
        r"|just\s+)?(?:once|a single time).*)?$",
        r"^for\s+(?:each|every|all(?: the)?)\s+(?P<noun>[\w ]+?)(?:\s+(?:in|of)\s+(?P<of>[\w ]+?))?,?\s+"
        r"(?:rather than|instead of|not)\s+(?:only\s+|just\s+)?once(?P<what>)$",
        r"^(?:loop|iterate|go)\s+(?:over|through)\s+(?:the\s+|all\s+)*(?P<noun>[\w ]+?)(?:\s+(?:in|of)\s+"
        r"(?P<of>[\w ]+?))?\s+(?:for|and|with|to)\s+(?:do\s+|run\s+)?(?P<what>.+)$",
    )
)
_LISTS = (tree.Foreach,)


def side_by_side(clause: str, existing: Existing) -> Found | None:
    for pattern in _CONCURRENCY:
        if match := pattern.match(clause):
            found = _concurrency(existing, match["what"] or "", _number(match["n"]))
            if found is not None:
                return found
    if match := _ROUNDS.match(clause):
        loops = [p for p in existing.steps if isinstance(p.step.kind, tree.Loop)]
        what = match["what"] or match["what2"] or ""
        number = _number(match["n"] or match["n2"])
        if loops and not re.match(r"^re-?try", clause, re.I):
            return existing.choose(
                what if existing.meant(what, lambda p: p in loops) else "",
                lambda p: _rounds(p, number),
                lambda p: p in loops,
            )
    if _BOTH.match(clause):
        return _pairs(existing)
    for pattern in _PARALLEL:
        match = pattern.match(clause)
        if match and existing.meant(match["one"]) and existing.meant(match["two"]):
            return _two(existing, match["one"], match["two"])
    if match := _SERIAL.match(clause):
        return _serial(existing, match["what"])
    for pattern in _EACH:
        match = pattern.match(clause)
        if match is None:
            continue
        what = match["what"].strip() or "it"
        targets = existing.meant(what)
        if not targets and re.fullmatch(r"(?:it|this|that|do it|do this)", what, re.I):
            writes = [p for p in existing.steps if existing.changes_something(p)]
            targets = writes if len(writes) == 1 else []
        if targets and not re.match(r"^(?:add|also|insert)\b", clause, re.I):
            each = partial(_each, existing, noun=match["noun"], of=match["of"] or "")
            return existing.choose(what, each) if len(targets) > 1 else each(targets[0])
    return None


def _two(existing: Existing, one: str, two: str) -> Found:
    return existing.choose(one, lambda a: existing.choose(two, lambda b: _parallel(existing, a, b)))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBER_WORDS[word.lower()]


# ---- bounds ------------------------------------------------------------------------------------------------


def _concurrency(existing: Existing, what: str, number: int) -> Found | None:
    loops = [p for p in existing.steps if isinstance(p.step.kind, tree.Foreach)]
    if not loops:
        return Said("Nothing in this workflow is done for each of a list, so there is nothing to do at once.")

    def limited(place: Place) -> Found:
        kind = place.step.kind
        assert isinstance(kind, tree.Foreach)
        if (kind.concurrency or 1) == number:
            return Said(f"{place.step.id!r} works on {number} at a time already.")
        edit = dsl.SetExpression(
            path=place.path, field="concurrency", value=str(number) if number > 1 else None
        )
        return Change((edit,), f"{place.step.id!r} now works on {number} at a time.", about=place.step.id)

    named = existing.meant(what, lambda p: p in loops) if what.strip() else loops
    focused = [p for p in loops if p.step.id == existing.focus]
    chosen = focused or named or loops
    # One loop inside another: the outer one is what people see.
    outer = [p for p in chosen if not any(existing.within(p, q) for q in chosen)]
    if len(outer) == 1:
        return limited(outer[0])
    return Choice(
        "Several loops can be meant. Which one?", tuple(Option(existing.label(p), limited(p)) for p in outer)
    )


def _rounds(place: Place, number: int) -> Found:
    edit = dsl.SetExpression(path=place.path, field="max", value=str(number))
    return Change((edit,), f"{place.step.id!r} now goes on for at most {number} rounds.", about=place.step.id)


# ---- at the same time --------------------------------------------------------------------------------------


def _pairs(existing: Existing) -> Found:
    """Which two: neighbours that call something and do not need each other."""
    found: list[tuple[Place, Place]] = []
    for one, two in zip(existing.steps, existing.steps[1:], strict=False):
        calls = all(isinstance(p.step.kind, tree.Call | tree.RunWorkflow | tree.Agent) for p in (one, two))
        if calls and one.container == two.container and one.step.id not in _reads(two):
            found.append((one, two))
    focused = [(a, b) for a, b in found if existing.focus in (a.step.id, b.step.id)]
    chosen = focused if len(focused) == 1 else found
    if not chosen:
        return Said(
            "No two neighbouring steps can run at the same time: each needs what the one before gives."
            " Name the two steps."
        )
    if len(chosen) == 1:
        return _parallel(existing, *chosen[0])
    return Choice(
        "Which two steps should run at the same time?",
        tuple(Option(f"`{a.step.id}` and `{b.step.id}`", _parallel(existing, a, b)) for a, b in chosen),
    )


def _reads(place: Place) -> set[str]:
    return {node.id for node in walk(place.step) if isinstance(node, tree.Name)}


def _parallel(existing: Existing, one: Place, two: Place) -> Found:
    if one.path == two.path:
        return Said(f"Both are the step {one.step.id!r}: name the other one.")
    if one.container != two.container:
        return Said(
            f"{one.step.id!r} and {two.step.id!r} stand in different blocks, so they cannot run at the"
            " same time."
        )
    first, second = sorted((one, two), key=lambda p: p.index)
    if first.step.id in _reads(second):
        return Said(
            f"{second.step.id!r} needs what {first.step.id!r} gives, so they cannot run at the same time."
        )
    owner = existing.owner(first)
    if owner is not None and isinstance(owner.step.kind, tree.Parallel):
        return Said(f"{first.step.id!r} and {second.step.id!r} run at the same time already.")
    siblings = [p for p in existing.steps if p.container == one.container]
    between = siblings[siblings.index(first) + 1 : siblings.index(second)]
    hand = Hand(existing)
    if between:
        needed = [p.step.id for p in between if p.step.id in _reads(second)]
        if needed:
            # The second cannot come up; perhaps the first can come down.
            if any(first.step.id in _reads(p) for p in between):
                return Said(
                    f"{second.step.id!r} needs what {needed[0]!r} gives, which comes between, so they"
                    " cannot run at the same time."
                )
            hand.make(dsl.MoveStep(path=first.path, container=first.container, before=second.step.id))
        else:
            container, before = at_step(existing, first, after=True)
            hand.make(dsl.MoveStep(path=second.path, container=container, before=before))
    hand.make(dsl.Wrap(paths=(first.path, second.path), **{"in": "parallel"}))
    return hand.change(f"{first.step.id!r} and {second.step.id!r} now run at the same time.", second.step.id)


def _serial(existing: Existing, what: str) -> Found | None:
    blocks = [p for p in existing.steps if isinstance(p.step.kind, tree.Parallel)]
    loops = [
        p
        for p in existing.steps
        if isinstance(p.step.kind, tree.Foreach) and (p.step.kind.concurrency or 1) > 1
    ]
    if not blocks and not loops:
        return Said(
            "Nothing in this workflow runs at the same time: its steps come one after another already."
        )

    def undone(place: Place) -> Found:
        if isinstance(place.step.kind, tree.Foreach):
            edit: dsl.Edit = dsl.SetExpression(path=place.path, field="concurrency", value=None)
        else:
            edit = dsl.Unwrap(path=place.path)
        return Change(
            (edit,),
            f"What {place.step.id!r} did at the same time now comes one after the other.",
            about=place.step.id,
        )

    both = [*blocks, *loops]
    if len(both) == 1:
        return undone(both[0])
    said = [p for p in existing.meant(what) if p in both] or [
        p for p in both if any(existing.within(q, p) for q in existing.meant(what))
    ]
    if len(said) == 1:
        return undone(said[0])
    return Choice(
        "What should come one after the other?", tuple(Option(existing.label(p), undone(p)) for p in both)
    )


# ---- for each ----------------------------------------------------------------------------------------------


def _each(existing: Existing, place: Place, noun: str, of: str) -> Found:
    scope = scope_at(existing, place.container, place.step.id)
    wanted = identifier(singular(noun.strip().split()[-1]))
    lists = [f for _, f in scope.places() if f.sort == "array"]
    named = [f for f in lists if stem(plural(wanted)) in (f.leaf[-1:] or ("",)) or stem(wanted) in f.leaf]
    if of:
        near = [f for f in named if set(name_stems(identifier(of))) & set(f.words)]
        named = near or named
    if not named and lists and wanted in ("item", "one", "thing", "entry", "element"):
        named = lists
    if not named:
        return Said(
            f"No list of {plural(wanted)} is known at {place.step.id!r}: it needs a step before it that"
            " gives one."
        )
    if len({f.path for f in named}) > 1:
        return Choice(
            f"There are several lists. Which one are the {plural(wanted)}?",
            tuple(Option(f.path, _for_each(existing, place, f.path, f.schema, wanted)) for f in named),
        )
    return _for_each(existing, place, named[0].path, named[0].schema, wanted)


def _for_each(existing: Existing, place: Place, items: str, schema: dict[str, object], wanted: str) -> Found:
    taken = {p.step.id for p in existing.steps} | set(items.split(".")) | _variables(existing)
    variable = next(
        n for n in (wanted, f"one_{wanted}", *(f"{wanted}_{i}" for i in range(2, 99))) if n not in taken
    )
    known = frozenset(p.step.id for p in existing.steps)
    hand = Hand(existing)
    hand.make(dsl.Wrap(paths=(place.path,), **{"in": "foreach"}))
    loop = hand.new_in(place.container, known)[0]
    hand.make(dsl.SetExpression(path=loop.path, field="items", value=items))
    assert isinstance(loop.step.kind, tree.Foreach)
    if loop.step.kind.variable != variable:
        hand.make(
            dsl.RenameName(
                sort="variable", name=loop.step.kind.variable, new=variable, block=f"{loop.path}/body"
            )
        )
    name = next(
        n for n in (f"each_{wanted}", *(f"each_{wanted}_{i}" for i in range(2, 99))) if n not in taken
    )
    hand.make(dsl.RenameStep(path=loop.path, id=name))
    inner = next(p for p in hand.existing.steps if p.step.id == place.step.id)
    changed = _rewired(hand, inner, variable, item_schema(schema))
    said = f"{place.step.id!r} now happens once for each {wanted} of {items}."
    note = (
        (f"From the {wanted} it takes {' and '.join(changed)}.",)
        if changed
        else (f"It reads nothing of the {wanted} yet.",)
    )
    return hand.change(said, place.step.id, note)


def _variables(existing: Existing) -> set[str]:
    kinds = [p.step.kind for p in existing.steps]
    return {k.variable for k in kinds if isinstance(k, tree.Foreach)} | {
        k.carry[0] for k in kinds if isinstance(k, tree.Loop) and k.carry
    }


def _rewired(hand: Hand, place: Place, variable: str, item: dict[str, object]) -> list[str]:
    """Arguments that the item has under their own name are taken from it."""
    kind = place.step.kind
    tool = hand.existing.tool_of(place)
    if not isinstance(kind, tree.Call) or tool is None:
        return []
    scope = Scope()
    scope.add(Thing(variable, noun_words(variable), item, step=True, noun=f"item:{variable}"))
    changed = []
    for arg in kind.args:
        found = scope.for_argument(
            name_stems(arg.name), properties(tool.input_schema).get(arg.name, {}), floor=0.9
        )
        if found is not None:
            hand.make(dsl.SetArgument(path=place.path, name=arg.name, value=found.path))
            changed.append(arg.name)
    clause = next((c for c in place.step.clauses if isinstance(c, tree.Key)), None)
    own = scope.identity()
    if clause is not None and own is not None:
        key = f'"{place.step.id}-${{{own[1].path}}}"'
        hand.make(dsl.SetClause(path=place.path, clause="key", text=key))
    return changed


__all__ = ["side_by_side"]
