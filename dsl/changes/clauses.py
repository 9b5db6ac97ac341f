"""The clauses and the words of two steps that are one another's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl import tree
from dsl.changes.change import Change, PartChanged, WordsChanged
from dsl.changes.matching import aligned
from dsl.changes.meaning import Form, Spot, form
from dsl.changes.view import View
from dsl.wording.spelling import clip, duration_words, listed

_SORTS: tuple[tuple[str, type], ...] = (
    ("after", tree.After),
    ("timeout", tree.Timeout),
    ("retry", tree.Retry),
    ("key", tree.Key),
    ("compensate", tree.Compensate),
)


def clause_changes(view: View, old: Spot, new: Spot) -> Iterator[Change]:
    for name, sort in _SORTS:
        was = [clause for clause in old.step.clauses if isinstance(clause, sort)]
        now = [clause for clause in new.step.clauses if isinstance(clause, sort)]
        before, after = _forms(view, old, was, new_side=False), _forms(view, new, now, new_side=True)
        if name == "after":
            before, after = _joined(before), _joined(after)
        if before != after:
            yield _clause(view, old, new, name, was, now)
    yield from _catches(view, old, new)


def word_changes(view: View, old: Spot, new: Spot) -> Iterator[Change]:
    doc = old.step.doc.strip() != new.step.doc.strip()
    before = [form(note, view.matching.old, {}, str) for note in old.step.annotations]
    after = [form(note, view.matching.new, {}, str) for note in new.step.annotations]
    for what, differs in (("description", doc), ("notes (`@...`)", before != after)):
        if differs:
            yield WordsChanged(
                old=old.path,
                new=new.path,
                old_span=old.span,
                new_span=new.span,
                weight="words",
                sentence=f"The {what} of `{new.step.id}` changed",
            )


def _forms(view: View, spot: Spot, clauses: Sequence[tree.Clause], *, new_side: bool) -> list[Form]:
    matching = view.matching
    text, token = (matching.new, matching.new_token) if new_side else (matching.old, matching.old_token)
    return [form(clause, text, spot.names, token) for clause in clauses]


def _joined(forms: list[Form]) -> list[Form]:
    return sorted({name for one in forms for name in one[1:]})


def _clause(
    view: View, old: Spot, new: Spot, name: str, was: list[tree.Clause], now: list[tree.Clause]
) -> PartChanged:
    risks = _risks(view, new, name, was, now)
    first = " ".join(filter(None, map(view.was, was))) or None
    second = " ".join(filter(None, map(view.now, now))) or None
    return PartChanged(
        old=old.path,
        new=new.path,
        old_span=was[0].span if was else old.span,
        new_span=now[0].span if now else new.span,
        weight="safety" if risks else "behaviour",
        sentence=_sentence(name, f"`{new.step.id}`", was, now, second),
        risks=tuple(risks),
        part=name,
        was=first,
        now=second,
    )


def _sentence(name: str, it: str, was: list[tree.Clause], now: list[tree.Clause], written: str | None) -> str:
    match was[0] if was else None, now[0] if now else None:
        case tree.After() | None, tree.After() | None if name == "after":
            awaited = list(dict.fromkeys(f"`{id}`" for one in now for id in getattr(one, "ids", ())))
            waited = list(dict.fromkeys(f"`{id}`" for one in was for id in getattr(one, "ids", ())))
            before = f"for {listed(waited)}" if waited else "for nothing"
            return (
                f"{it} now waits {f'for {listed(awaited)}' if awaited else 'for nothing'}; before, {before}"
            )
        case None, tree.Timeout(ms=second):
            return f"{it} may now take {duration_words(second)} at most"
        case tree.Timeout(ms=first), tree.Timeout(ms=second):
            return f"{it} may now take {duration_words(second)} at most instead of {duration_words(first)}"
        case tree.Timeout(ms=first), None:
            return f"{it} no longer has a time limit (it was {duration_words(first)})"
        case None, tree.Retry(max=second):
            return f"{it} is now tried again, up to {_times(second)}"
        case tree.Retry(max=first), tree.Retry(max=second) if first != second:
            return f"{it} is now tried again up to {_times(second)} instead of {first}"
        case tree.Retry(), tree.Retry():
            return f"{it} is now tried again as in `{clip(written or '', 80)}`"
        case tree.Retry(max=first), None:
            return f"{it} is no longer tried again (it was, up to {_times(first)})"
        case None, tree.Key():
            return f"{it} now has a key, so that it is done once: `{clip(written or '', 80)}`"
        case tree.Key(), None:
            return f"{it} no longer has a key"
        case None, tree.Compensate():
            return f"{it} is now undone when a later step fails"
        case tree.Compensate(), None:
            return f"{it} is no longer undone when a later step fails"
        case _:
            return f"The `{name}` of {it} is now `{clip(written or '', 80)}`"


def _risks(view: View, new: Spot, name: str, was: list[tree.Clause], now: list[tree.Clause]) -> list[str]:
    ground = view.new_ground
    inside = ground.effects(view.matching.new.below(new))
    it = f"`{new.step.id}`"
    match was[0] if was else None, now[0] if now else None:
        case tree.Timeout(), None:
            return [f"{it} may take as long as it likes"]
        case tree.Timeout(ms=first), tree.Timeout(ms=second) if second > first:
            return [f"{it} may take longer than before"]
        case tree.Retry() | None as before, tree.Retry() as after if inside:
            more = (
                before is None
                or after.max > before.max
                or (before.codes and not set(after.codes) <= set(before.codes))
            )
            once = all(nature.idempotent for one in inside for _, nature in ground.tools(one)) and any(
                ground.tools(one) for one in inside
            )
            return [f"`{inside[0].step.id}` may happen more than once"] if more and not once else []
        case tree.Key(), None if inside:
            return [f"When {it} is tried again, it may happen twice"]
        case tree.Compensate(), None:
            return [f"What {it} did stays when a later step fails"]
        case _:
            return []


def _catches(view: View, old: Spot, new: Spot) -> Iterator[Change]:
    was = [clause for clause in old.step.clauses if isinstance(clause, tree.Catch)]
    now = [clause for clause in new.step.clauses if isinstance(clause, tree.Catch)]
    first, second = _forms(view, old, was, new_side=False), _forms(view, new, now, new_side=True)
    for a, b in aligned([repr(one) for one in first], [repr(one) for one in second]):
        before = None if a is None else was[a]
        after = None if b is None else now[b]
        if before is not None and after is not None and first[a or 0] == second[b or 0]:
            continue
        it = f"`{new.step.id}`"
        match before, after:
            case None, tree.Catch(codes=codes):
                sentence = f"{it} may now fail ({_codes(codes)}): the run goes on"
            case tree.Catch(codes=codes), None:
                sentence = f"When {it} fails ({_codes(codes)}), nothing catches it any more"
            case tree.Catch(codes=had), tree.Catch(codes=has):
                sentence = f"{it} now catches {_codes(has)} instead of {_codes(had)}"
            case _:
                continue
        yield PartChanged(
            old=old.path,
            new=new.path,
            old_span=old.span if before is None else before.span,
            new_span=new.span if after is None else after.span,
            sentence=sentence,
            part="catch",
            was=None if before is None else _codes(before.codes),
            now=None if after is None else _codes(after.codes),
        )


def _codes(codes: tuple[str, ...]) -> str:
    return listed([f"`{code}`" for code in codes], "or") if codes else "any error"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
