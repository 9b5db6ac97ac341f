"""Trying again, and what happens when a step fails for good."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS, duration_text
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.placing import put, scope_at
from studio.designer.writing import Said

_N = r"(?P<n>\d+|once|twice|one|two|three|four|five|six|seven|eight|nine|ten)"
_TIMES = r"(?:\s+(?:more\s+)?times?)?"
_EVERY = (
    rf"(?:\s*,?\s*(?:with|every|waiting|and wait)\s+(?:a (?:pause|wait|delay|backoff) of\s+)?{DURATION}"
    r"(?:\s+(?:in )?between(?: \w+)*|\s+apart|\s+(?:pause|delay|backoff)s?)?)?"
)
_NOT = r"(?:,?\s+(?:not|instead of|rather than)\s+\w+(?:\s+times)?)?(?:\s+instead)?"
_RETRIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:retry|try|repeat|attempt|keep (?:on )?(?:re)?trying)\s+(?P<what>.*?)\s*(?:again\s+)?(?:up"
        r" to\s+|at most\s+|a maximum"
        rf" of\s+|only\s+)?{_N}{_TIMES}(?:\s+(?:if|when)\s+(?:it|that)\s+fails)?{_EVERY}{_NOT}$",
        r"^(?P<what>.+?)\s+(?:should|must|can|may|has to)\s+be\s+(?:re)?tried\s+(?:again\s+)?(?:up to\s+"
        rf"|at most\s+|only\s+)?{_N}{_TIMES}{_EVERY}{_NOT}$",
        rf"^(?:(?:add|set|use|give|allow|make it|do)\s+)?(?:up to\s+|at most\s+)?{_N}\s+(?:retries|attempts"
        rf"|tries|retry)(?:\s+(?:to|for|of|on)\s+(?P<what>.+?))?{_NOT}$",
        r"^(?:set|change|raise|lower|increase|reduce)\s+the\s+(?:number of\s+)?(?:retries|attempts|tries"
        rf"|retry)(?:\s+(?:of|for|on)\s+(?P<what>.+?))?\s+to\s+{_N}{_TIMES}{_NOT}$",
        r"^(?:if|when)\s+(?P<what>.+?)\s+(?:fails?|breaks|does(?:n't| not) work|is down|times out),?\s+"
        r"(?:then\s+)?(?:re)?try\s+(?:it\s+|that\s+|again\s+)*(?:up to\s+|at most"
        rf"\s+)?{_N}{_TIMES}{_EVERY}$",
    )
)
_NO_RETRY = re.compile(
    r"^(?:don't|do not|never|stop|no longer|no)\s+(?:re-?try(?:ing)?|retries|tr(?:y|ying)|repeat(?:ing)?)"
    r"\s*(?:for\s+|of\s+|on\s+)?(?P<what>.*?)(?:\s+again)?$"
    r"|^(?:remove|delete|drop|cancel|take out|turn off)\s+the\s+retr(?:y|ies)(?:\s+(?:of|from|on|for)\s+"
    r"(?P<what2>.+))?$",
    re.IGNORECASE,
)
_FAILS = (
    r"(?:fails?|has failed|breaks|does(?:n't| not) work|goes wrong|can(?:not|'t) be \w+|could(?:n't| not)"
    r" be \w+|"
    r"is(?:n't| not) (?:delivered|possible|available|sent)|is down|times? out|bounces|gives an error"
    r"|throws(?: an error)?|errors?(?: out)?)"
)
_IF_FAILS = re.compile(
    rf"^(?:(?:if|when|in case)\s+(?P<what>.+?)\s+{_FAILS},?\s+(?:then\s+)?(?P<do>.+)"
    rf"|(?:also\s+|add\s+(?:a step that\s+)?)?(?P<do2>.+?)\s+(?:if|when|in case)\s+(?P<what2>.+?)\s+{_FAILS}"
    r"|on (?:failure|error)s?(?:\s+of\s+(?P<what3>.+?))?,\s+(?P<do3>.+))$",
    re.IGNORECASE,
)
_GO_ON = re.compile(
    r"^(?:just\s+|simply\s+|still\s+)?(?:go on|carry on|continue|proceed|ignore (?:it|that|the error"
    r"|this)|keep going|move on|"
    r"do nothing|nothing should happen|don't (?:fail|stop)(?: the workflow)?|do not (?:fail|stop)(?: the"
    r" workflow)?)(?:\s+(?:anyway|regardless|with the rest))?$",
    re.IGNORECASE,
)
_MAY_FAIL = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^ignore\s+(?:(?:any\s+)?(?:errors?|failures?|problems?)\s+(?:of|in|from|with)\s+|(?:it\s+)?"
        r"(?:if|when)\s+)(?P<what>.+?)(?:\s+fails?)?$",
        r"^(?P<what>.+?)\s+(?:may|can|is allowed to)\s+fail(?:\s+without .*)?$",
        r"^(?:an? )?(?:failed|failing|error in|failure of)\s+(?P<what>.+?)\s+(?:must|should|may)\s+not\s+"
        r"(?:stop|fail|break|end|abort|undo)\s+.*$",
        r"^(?P<what>.+?)\s+(?:failing|errors?)\s+(?:must|should)(?:n't| not)\s+(?:stop|fail|break|end"
        r"|abort)\s+.*$",
        r"^(?:don't|do not)\s+(?:fail|stop|abort|end)\s+(?:the (?:workflow|run|process)\s+)?(?:if|when)"
        r"\s+(?P<what>.+?)\s+(?:fails?|breaks|bounces|can't be \w+|cannot be \w+)$",
        r"^(?:go on|carry on|continue)\s+(?:even\s+)?(?:if|when)\s+(?P<what>.+?)\s+(?:fails?|breaks"
        r"|bounces|can't be \w+|cannot be \w+)$",
    )
)


def again(clause: str, existing: Existing) -> Found | None:
    if match := _NO_RETRY.match(clause):
        what = match["what"] or match["what2"] or ""
        retried = lambda p: any(isinstance(c, tree.Retry) for c in p.step.clauses)  # noqa: E731
        if not any(retried(p) for p in existing.steps):
            return (
                None
                if what and not existing.meant(what)
                else Said("Nothing in this workflow is tried again.")
            )
        return existing.choose(what, _no_retry, retried)
    for pattern in _RETRIES:
        if match := pattern.match(clause):
            word = match["n"].lower()
            number = {"once": 1, "twice": 2}.get(word) or NUMBER_WORDS.get(word) or int(word)
            groups = match.groupdict()
            pause = duration_text(groups["dnum"], groups["dunit"]) if groups.get("dnum") else ""
            return _retried(existing, (match["what"] or "").strip(), number, pause)
    return None


def if_it_fails(clause: str, existing: Existing) -> Found | None:
    for pattern in _MAY_FAIL:
        if (match := pattern.match(clause)) and existing.meant(match["what"]):
            return existing.choose(match["what"], lambda p: _ignored(existing, p))
    match = _IF_FAILS.match(clause)
    if match is None:
        return None
    what = match["what"] or match["what2"] or match["what3"] or "it"
    do = match["do"] or match["do2"] or match["do3"]
    if not existing.meant(what):
        whole = re.fullmatch(
            r"(?:it|that|this|something|anything|any step|a step|the (?:workflow|process))",
            what.strip(),
            re.I,
        )
        calls = [p for p in existing.steps if existing.changes_something(p)]
        if whole and len(calls) == 1:
            return _handled(existing, calls[0], do, clause)
        if whole and calls:
            return Choice(
                "Which step may fail there?",
                tuple(Option(existing.label(p), _handled(existing, p, do, clause)) for p in calls[:8]),
            )
        return None
    return existing.choose(what, lambda p: _handled(existing, p, do, clause))


def _no_retry(place: Place) -> Found:
    edit = dsl.SetClause(path=place.path, clause="retry", text=None)
    return Change((edit,), f"The step {place.step.id!r} is no longer tried again.", about=place.step.id)


def _retried(existing: Existing, what: str, number: int, pause: str) -> Found:
    what = re.sub(r"^(?:it|(?:that|this)(?: (?:step|call|one|thing))?)$", "", what, flags=re.I)
    if what and not re.fullmatch(
        r"(?:everything|all(?: (?:calls|steps))?|every (?:call|step)|each (?:call|step)|them)", what, re.I
    ):
        return existing.choose(what, lambda p: _retry(existing, p, number, pause))
    focused = [
        p for p in existing.steps if p.step.id == existing.focus and isinstance(p.step.kind, tree.Call)
    ]
    if focused and not what:
        return _retry(existing, focused[0], number, pause)
    calls = [p for p in existing.steps if isinstance(p.step.kind, tree.Call | tree.Agent | tree.RunWorkflow)]
    if len(calls) == 1:
        return _retry(existing, calls[0], number, pause)
    if not calls:
        return Said("Nothing in this workflow is called, so there is nothing to try again.")
    if what:
        changes = [_retry(existing, p, number, pause) for p in reversed(calls)]
        kept = [c for c in changes if isinstance(c, Change)]
        left = [c.text for c in changes if isinstance(c, Said)]
        if kept:
            edits = tuple(e for c in kept for e in c.edits)
            return Change(
                edits, f"{len(kept)} steps are now retried up to {number} times.", questions=tuple(left)
            )
    return Choice(
        "Which step should be tried again?",
        tuple(Option(existing.label(p), _retry(existing, p, number, pause)) for p in calls[:10]),
    )


def _retry(existing: Existing, place: Place, number: int, pause: str) -> Found:
    if not isinstance(
        place.step.kind,
        tree.Call | tree.Agent | tree.RunWorkflow | tree.Do | tree.Foreach | tree.Parallel | tree.Loop,
    ):
        return Said(f"{place.step.id!r} calls nothing, so there is nothing to try again.")
    keyed = any(isinstance(c, tree.Key) for c in place.step.clauses)
    nature = existing.nature_of(place)
    edits: list[dsl.Edit] = []
    assumptions: tuple[str, ...] = ()
    if nature is not None and not nature.reads and not (nature.idempotent and keyed):
        key = _key(existing, place) if nature.idempotent else None
        if key is None:
            return Said(
                f"{place.step.id!r} changes something and has no key that keeps a retry from doing it twice, "
                "so I left it as it is."
            )
        edits.append(dsl.SetClause(path=place.path, clause="key", text=key))
        assumptions = (f"{place.step.id!r} got the key {key}, so that a retry does not do it twice.",)
    old = next((c for c in place.step.clauses if isinstance(c, tree.Retry)), None)
    backoff = f"backoff {pause}" if pause else "backoff 1s to 1m"
    text = f"{number} {backoff}"
    if old is not None and not pause:
        # What was said of the pauses and of the errors stays.
        written = existing.text[old.span.start : old.span.end]
        text = re.sub(r"^retry\s+\d+", str(number), written)
    if old is not None and old.max == number and not pause and not edits:
        return Said(f"{place.step.id!r} is retried up to {number} times already.")
    edits.append(dsl.SetClause(path=place.path, clause="retry", text=text))
    said = f"The step {place.step.id!r} is now retried up to {number} times."
    return Change(tuple(edits), said, assumptions, about=place.step.id)


def _key(existing: Existing, place: Place) -> str | None:
    found = scope_at(existing, place.container, place.step.id).identity()
    if found is None:
        return None
    return quote(f"{place.step.id}-")[:-1] + f'${{{found[1].path}}}"'


def _ignored(existing: Existing, place: Place) -> Found:
    if any(isinstance(c, tree.Catch) and not c.codes for c in place.step.clauses):
        return Said(f"A failure of {place.step.id!r} does not stop the workflow already.")
    name = _variable(existing)
    note = _fresh(existing, f"{place.step.id}_failed")
    text = _block(existing, place, f"catch as {name}", f"step {note}: let {name}.message")
    edit = dsl.SetClause(path=place.path, clause="catch", text=text)
    return Change((edit,), f"When {place.step.id!r} fails, the workflow goes on.", about=place.step.id)


def _handled(existing: Existing, place: Place, do: str, clause: str) -> Found:
    """``do`` in a catch of the step; then the run fails as it did before, unless it should go on."""
    if _GO_ON.match(do.strip()):
        return _ignored(existing, place)
    on = re.search(
        r",?\s*(?:and|but)\s+(?:then\s+)?(?:go on|carry on|continue|proceed|keep going)(?:\s+anyway)?$",
        do,
        re.I,
    )
    do = do[: on.start()] if on else do
    number = sum(isinstance(c, tree.Catch) for c in place.step.clauses)
    hand = Hand(existing)
    caught = next(
        (n for n, c in enumerate(x for x in place.step.clauses if isinstance(x, tree.Catch)) if not c.codes),
        None,
    )
    if caught is None:
        name = _variable(existing)
        failed = _fresh(existing, f"{place.step.id}_failed")
        body = (
            f"step {failed}: let {name}.message"
            if on
            else f'step {failed}: fail "{place.step.id}_failed" with {name}.message'
        )
        hand.make(
            dsl.SetClause(
                path=place.path, clause="catch", text=_block(existing, place, f"catch as {name}", body)
            )
        )
        caught, before = number, failed
    else:
        inside = [p for p in existing.steps if p.container == f"{place.path}/catch{caught}"]
        before = inside[0].step.id if inside else None
    if re.fullmatch(
        r"(?:stop|end|fail|give up|abort)(?: (?:the )?(?:workflow|process|it|here))?", do.strip(), re.I
    ):
        return hand.change(f"When {place.step.id!r} fails, the workflow ends.", place.step.id)
    written = put(
        do,
        hand.existing,
        f"{place.path}/catch{caught}",
        before,
        branch=f"{place.step.id.replace('_', ' ')} failed",
    )
    if not isinstance(written, Change):
        return written
    hand.take(written)
    then = "it goes on" if on else "the run fails as before"
    return hand.change(
        f"When {place.step.id!r} fails: {do.strip()}.",
        place.step.id,
        (*written.assumptions, f"After that {then}."),
        written.questions,
    )


def _block(existing: Existing, place: Place, head: str, inner: str) -> str:
    """A clause with a block, as deep as the clauses of the step stand."""
    line = existing.text.rfind("\n", 0, place.step.span.start) + 1
    before = existing.text[line : place.step.span.start]
    indent = before if not before.strip() else ""
    return f"{head} {{\n{indent}    {inner}\n{indent}  }}"


def _variable(existing: Existing) -> str:
    taken = {p.step.id for p in existing.steps}
    return next(n for n in ("problem", "error", "problem_2", "problem_3") if n not in taken)


def _fresh(existing: Existing, wanted: str) -> str:
    taken = {p.step.id for p in existing.steps}
    return next(n for n in (wanted, *(f"{wanted}_{i}" for i in range(2, 99))) if n not in taken)


__all__ = ["again", "if_it_fails"]
