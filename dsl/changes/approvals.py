"""How two approvals that are one another's differ: who is asked, how many of them, how long and about what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl import tree
from dsl.changes.change import ApprovalChanged, Change
from dsl.changes.pair import Pair, became
from dsl.defaults import APPROVAL_MS
from dsl.wording.sentences import approver_words
from dsl.wording.spelling import duration_words, listed


def approval_changes(pair: Pair, old: tree.Approve, new: tree.Approve) -> Iterator[Change]:
    view, it = pair.view, pair.it

    def changed(
        part: str, was: str | None, now: str | None, sentence: str, risks: Sequence[str] = ()
    ) -> ApprovalChanged:
        return ApprovalChanged(
            old=pair.old.path,
            new=pair.new.path,
            old_span=_line(old, part),
            new_span=_line(new, part),
            weight="safety" if risks else "behaviour",
            sentence=sentence,
            risks=tuple(risks),
            part=part,
            was=was,
            now=now,
        )

    had, has = _approvers(pair, old, 0), _approvers(pair, new, 1)
    if had.keys() != has.keys():
        come, gone = [has[one] for one in has if one not in had], [had[one] for one in had if one not in has]
        if come and gone:
            sentence = (
                f"{it} now waits for {_choice(list(has.values()))} instead of {_choice(list(had.values()))}"
            )
            risks = [f"Others can say yes at {it} than before"]
        elif come:
            sentence, risks = (
                f"{it} can now also be approved by {_choice(come)}",
                [f"More people can say yes at {it}"],
            )
        else:
            sentence, risks = f"{it} can no longer be approved by {_choice(gone)}", []
        yield changed("approvers", ", ".join(had.values()), ", ".join(has.values()), sentence, risks)
    if (old.quorum or 1) != (new.quorum or 1):
        fewer = (new.quorum or 1) < (old.quorum or 1)
        sentence = f"{it} now needs {_yeses(new.quorum or 1)} instead of {_yeses(old.quorum or 1)}"
        risks = [f"Fewer people must say yes at {it}"] if fewer else []
        yield changed("quorum", str(old.quorum or 1), str(new.quorum or 1), sentence, risks)
    if (old.within_ms or APPROVAL_MS) != (new.within_ms or APPROVAL_MS):
        was, now = (duration_words(one.within_ms or APPROVAL_MS) for one in (old, new))
        yield changed("within", was, now, f"{it} now waits {now} for an answer instead of {was}")
    if not pair.same(old.escalate, new.escalate):
        yield changed(
            "escalate",
            *_escalations(pair, old, new),
            _escalation_words(pair, old, new),
            _escalated(pair, old, new),
        )
    for part, was_, now_ in (("title", old.title, new.title), ("show", old.show, new.show)):
        if pair.same(was_, now_):
            continue
        first = ", ".join(filter(None, map(view.was, was_ if isinstance(was_, tuple) else (was_,))))
        second = ", ".join(filter(None, map(view.now, now_ if isinstance(now_, tuple) else (now_,))))
        what = "question" if part == "title" else "what is shown"
        sentence = became(
            f"the {what} at {it}" if part == "title" else f"what is shown at {it}",
            first or None,
            second or None,
        )
        yield changed(part, first or None, second or None, sentence)
    for part, first_, second_, happens in (
        ("on reject", old.on_reject, new.on_reject, "a no"),
        ("on timeout", old.on_timeout, new.on_timeout, "no answer in time"),
    ):
        if (first_ is None) != (second_ is None):
            now = "fails the run" if second_ is None else "has a branch of its own"
            was = "failed the run" if first_ is None else "had a branch of its own"
            sentence = f"At {it}, {happens} now {now}; before, it {was}"
            yield changed(part, view.was(first_), view.now(second_), sentence)


def _line(approve: tree.Approve, part: str) -> tree.Span:
    return next((line.span for line in approve.lines if line.name == part.replace(" ", "_")), approve.span)


def _approvers(pair: Pair, approve: tree.Approve, side: int) -> dict[str, str]:
    """Who may say yes, by a form that can be compared, in words."""
    view = pair.view
    found: dict[str, str] = {}
    for one in approve.approvers:
        match one.name:
            case tree.Constant(value=str() as name):
                found[f"{one.by} {name}"] = f"`{name}`"
            case other:
                written = view.was(other) if side == 0 else view.now(other)
                found[f"{one.by} {written}"] = f"the {one.by} `{written}`"
    if side == 1:
        # A name that is read from a renamed step is written otherwise and the same person.
        for before in pair.old.step.kind.approvers if isinstance(pair.old.step.kind, tree.Approve) else ():
            for after in approve.approvers:
                if not isinstance(after.name, tree.Constant) and pair.same(before, after):
                    written = f"{after.by} {view.now(after.name)}"
                    found[f"{before.by} {view.was(before.name)}"] = found.pop(written, "")
    return found


def _escalations(pair: Pair, old: tree.Approve, new: tree.Approve) -> tuple[str | None, str | None]:
    terms = (pair.view.old_terms, pair.view.new_terms)
    said = [
        None
        if one.escalate is None
        else f"after {duration_words(one.escalate.after_ms)} to {approver_words((one.escalate.to,), terms[side])}"
        for side, one in enumerate((old, new))
    ]
    return said[0], said[1]


def _escalation_words(pair: Pair, old: tree.Approve, new: tree.Approve) -> str:
    was, now = _escalations(pair, old, new)
    if now is None:
        return f"{pair.it} no longer passes on to somebody else ({was})"
    if was is None:
        return f"{pair.it} now passes on {now}"
    return f"{pair.it} now passes on {now}; before, {was}"


def _escalated(pair: Pair, old: tree.Approve, new: tree.Approve) -> list[str]:
    if new.escalate is None:
        return []
    had = None if old.escalate is None else old.escalate.to
    known = had is not None and pair.same(had, new.escalate.to)
    among = any(pair.same(one, new.escalate.to) for one in old.approvers)
    return [] if known or among else [f"More people can say yes at {pair.it}"]


def _choice(names: list[str]) -> str:
    return listed(names, "or") or "nobody"


def _yeses(count: int) -> str:
    return "one yes" if count == 1 else f"{count} yeses"
