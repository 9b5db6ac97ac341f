"""The same step with another tool: "use the CRM instead of the shop", "post it to Slack instead of mailing it"."""

from __future__ import annotations

import re
from collections.abc import Callable

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.calls import Wish, write_call
from studio.designer.builtin.draft import alias_of
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.placing import inputs, scope_at
from studio.designer.builtin.explaining import open_questions
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import properties
from studio.designer.builtin.tools import Known, Toolbox
from studio.designer.builtin.words import STOP, likeness, name_stems, raw_tokens, stem, stems
from studio.designer.builtin.work import Work
from studio.designer.writing import Said

_USES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:use|take(?! out\b)|call|try|go with)\s+(?P<new>.+?)\s+(?:instead of|rather than|and not|in"
        r" place of"
        r"|not)\s+(?P<old>.+)$",
        r"^(?:use|call)\s+(?P<new>.+?)\s+(?:for|in|to do)\s+(?P<old>.+?)(?:\s+instead)?$",
        r"^(?:replace|swap|exchange)\s+(?P<old>.+?)\s+(?:by|with|for)\s+(?P<new>.+)$",
        r"^(?:switch|change)\s+(?:from\s+)?(?P<old>.+?)\s+to\s+(?P<new>.+)$",
        r"^(?:use|take|call|switch to)\s+(?P<new>.+?)(?P<old>)(?:\s+instead)$",
        r"^(?:switch to|use)\s+(?P<new>(?:the\s+)?other\s+.+?)(?P<old>)$",
        r"^instead of\s+(?P<old>.+?),?\s+(?:use|take|call|do)?\s*(?P<new>.+)$",
    )
)
_DOES = re.compile(
    r"^(?P<new>(?:post|send|message|email|mail|text|write|tell|notify|create|open|call)\b.+?)\s+"
    r"(?:instead of|rather than)\s+(?P<old>(?:(?:sending|posting|mailing|emailing|writing|calling|an?|the"
    r"|by|via)\b.*|e?mail\w*))$",
    re.IGNORECASE,
)


def retarget(clause: str, existing: Existing) -> Found | None:
    match = _DOES.match(clause)
    if match is not None:
        found = _to_tool(existing, match["new"], match["old"])
        if found is not None:
            return found
    for pattern in _USES:
        if match := pattern.match(clause):
            found = _to_tool(existing, match["new"], match["old"])
            if found is not None:
                return found
    return None


def _to_tool(existing: Existing, new: str, old: str) -> Found | None:
    if re.search(r"\d", new) and not re.search(r"[a-z]{3}", new, re.I):
        return None
    box = Toolbox(existing.catalog)
    exact = re.search(r"\b([\w\-]+)\.([\w\-/]+)\b", new)
    old = re.sub(r"\b(?:the|an?|sending|posting|by|via|tool|connector)\b", " ", old).strip()
    places = [p for p in existing.steps if isinstance(p.step.kind, tree.Call)]
    targets = _of_connector(existing, places, old) if old else []
    whole = bool(targets) and len(targets) > 1
    if not targets and old:
        targets = [p for p in existing.meant(old) if p in places]
    if not targets and not old:
        focused = [p for p in places if p.step.id == existing.focus]
        targets = focused or _alike(existing, places, new)
    if not targets:
        return None
    if exact:
        known = next((k for k in box.tools if (k.connector, k.tool.name) == (exact[1], exact[2])), None)
        if known is None:
            return Said(f"There is no tool {exact[0]!r}. Connected are: {_listed(box)}.")
        return _each(existing, targets, lambda p: _changed(existing, p, known, new), whole=whole)
    named = _connector(existing, new)
    other = bool(re.search(r"\b(?:other|another|different|second)\b", new, re.I))
    connector = None if other else named
    if connector is None and not other and not _speaks_of_tool(box, new):
        return None

    def changed(place: Place) -> Found:
        options = _candidates(existing, box, place, new, connector, other=other)
        if not options:
            where = f"{connector!r} has no tool" if connector else "There is no other tool"
            return Said(f"{where} that does what {place.step.id!r} does. Connected are: {_listed(box)}.")
        if len(options) == 1:
            return _changed(existing, place, options[0], new)
        return Choice(
            f"Which tool should {place.step.id!r} use?",
            tuple(Option(k.id, _changed(existing, place, k, new)) for k in options[:5]),
        )

    return _each(existing, targets, changed, whole=whole)


def _each(existing: Existing, targets: list[Place], then: Callable[[Place], Found], *, whole: bool) -> Found:
    if len(targets) == 1:
        return then(targets[0])
    if not whole:
        return Choice(
            "Several steps can be meant. Which one?",
            tuple(Option(existing.label(p), then(p)) for p in targets[:8]),
        )
    hand = Hand(existing)
    said, assumptions, questions = [], [], []
    for place in targets:
        now = hand.existing.at(place.path)
        assert now is not None
        found = then(now) if hand.existing is existing else then(place)
        if isinstance(found, Change):
            try:
                hand.make(*_moved_on(found, existing, hand.existing))
            except dsl.EditError:
                continue
            said.append(found.said)
            assumptions += list(found.assumptions)
            questions += list(found.questions)
        elif isinstance(found, Said):
            questions.append(found.text)
    if not said:
        return Said(" ".join(questions) or "None of these steps can be done like that.")
    return hand.change(" ".join(said), targets[-1].step.id, tuple(assumptions), tuple(questions))


def _moved_on(change: Change, before: Existing, now: Existing) -> tuple[dsl.Edit, ...]:
    """Replacements of text, which count characters, for the text as it is after others."""
    found: list[dsl.Edit] = []
    for edit in change.edits:
        if isinstance(edit, dsl.ReplaceText):
            old = before.text[edit.start : edit.end]
            place = next(p for p in before.steps if p.step.kind.span.start == edit.start)
            other = now.at(place.path)
            if other is None or now.text[other.step.kind.span.start : other.step.kind.span.end] != old:
                raise dsl.EditError("the step is not there any more", "say it again")
            span = other.step.kind.span
            edit = dsl.ReplaceText(start=span.start, end=span.end, text=edit.text)
        found.append(edit)
    return tuple(found)


def _listed(box: Toolbox) -> str:
    names = [k.id for k in box.tools]
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")


def _connector(existing: Existing, words: str) -> str | None:
    """The connector that the words name, by its name or title."""
    said = {stem(w) for w in raw_tokens(words)}
    found = []
    for name, connector in existing.catalog.connectors.items():
        known = set(name_stems(connector.name or name)) | set(stems(connector.title))
        if known & said:
            found.append((len(known & said), -len(known), connector.name or name))
    return max(found)[2] if found else None


def _of_connector(existing: Existing, places: list[Place], words: str) -> list[Place]:
    """All steps of the connector that is to be given up, when the words name one and no step of its own."""
    connector = _connector(existing, words)
    said = {stem(w) for w in raw_tokens(words) if w not in STOP}
    if connector is None:
        return []
    known = set(name_stems(connector)) | set(
        stems(
            existing.catalog.connectors[connector].title if connector in existing.catalog.connectors else ""
        )
    )
    if not said <= known:
        return []
    return [
        p
        for p in places
        if isinstance(p.step.kind, tree.Call) and existing.connector_of(p.step.kind) == connector
    ]


def _alike(existing: Existing, places: list[Place], new: str) -> list[Place]:
    """The steps that do what the new tool does: "use the other mail tool" is about the mails."""
    said = {s for s in stems(new) if s not in ("other", "tool", "differ", "connector", "second")}
    named = [
        p
        for p in places
        if isinstance(p.step.kind, tree.Call)
        and any(
            likeness(s, w)
            for s in said
            for w in (
                *name_stems(p.step.kind.tool),
                *name_stems(existing.connector_of(p.step.kind)),
                *name_stems(p.step.id),
            )
        )
    ]
    exact = [
        p
        for p in named
        if isinstance(p.step.kind, tree.Call)
        and said & {*name_stems(p.step.kind.tool), *name_stems(existing.connector_of(p.step.kind))}
    ]
    if named:
        return exact or named
    sending = [p for p in places if existing.sends(p)]
    return sending if said & {"slack", "email", "mail", "sms", "chat"} else []


def _speaks_of_tool(box: Toolbox, words: str) -> bool:
    said = set(stems(words))
    return any(said and said <= set(k.name) | k.fields["title"] | k.fields["connector"] for k in box.tools)


def _candidates(
    existing: Existing, box: Toolbox, place: Place, new: str, connector: str | None, *, other: bool
) -> list[Known]:
    kind = place.step.kind
    assert isinstance(kind, tree.Call)
    own = (existing.connector_of(kind), kind.tool)
    purpose = name_stems(kind.tool) + name_stems(place.step.id)
    sends = existing.sends(place)
    reads = existing.catalog.nature(*own).reads
    said = set(stems(new))
    scored: list[tuple[float, Known]] = []
    for known in box.tools:
        if (known.connector, known.tool.name) == own or (connector and known.connector != connector):
            continue
        if known.reads != reads and not said & set(known.name):
            continue
        score = sum(max((likeness(w, n) for n in known.name), default=0.0) for w in set(purpose))
        score += 2.0 if sends and known.sends else 0.0
        score += sum(1.0 for s in said if s in known.name) + sum(
            0.5 for s in said if s in known.fields["connector"] | known.fields["title"]
        )
        if score > 0:
            scored.append((score, known))
    best = max((s for s, _ in scored), default=0.0)
    return [
        k
        for s, k in sorted(scored, key=lambda pair: (-pair[0], pair[1].id))
        if s >= best - 0.01 and best >= (1.0 if not other else 0.6)
    ]


def _changed(existing: Existing, place: Place, known: Known, words: str) -> Found:
    """The call of another tool under the same name: arguments both have stay, the rest is wired anew."""
    kind = place.step.kind
    assert isinstance(kind, tree.Call)
    work = Work(
        existing.catalog,
        Toolbox(existing.catalog),
        topic=tuple(stems(existing.parsed.workflow.name)),
        ids={p.step.id for p in existing.steps} - {place.step.id},
    )
    scope: Scope = scope_at(existing, place.container, place.step.id)
    written = write_call(
        work, scope, known, Wish("send" if known.sends else known.name[0] if known.name else "", words)
    )
    takes = properties(known.tool.input_schema)
    old = {a.name: existing.written(a.value) for a in kind.args}
    args = dict(written.args)
    for name, text in old.items():
        if name in takes and name not in ("idempotency_key",):
            args[name] = text
    body = next((old[n] for n in ("body", "text", "message", "content") if n in old), None)
    if body is not None and known.sends:
        target = next((n for n in ("body", "text", "message", "content") if n in takes), None)
        if target is not None:
            args[target] = body
    alias = next((a for a, c in existing.connectors.items() if c == known.connector), None)
    edits: list[dsl.Edit] = []
    listed = ", ".join(f"{name}: {text}" for name, text in args.items())
    span = kind.span
    edits.append(
        dsl.ReplaceText(
            start=span.start,
            end=span.end,
            text=f"call {alias or alias_of(known.connector)}.{known.tool.name}({listed})",
        )
    )
    if alias is None:
        edits.append(
            dsl.SetHeader(part="use", name=alias_of(known.connector), text=f'mcp "{known.connector}"')
        )
    edits += inputs(existing, work)
    nature = existing.catalog.nature(known.connector, known.tool.name)
    if (
        not nature.reads
        and not nature.idempotent
        and any(isinstance(c, tree.Retry) for c in place.step.clauses)
    ):
        edits.append(dsl.SetClause(path=place.path, clause="retry", text=None))
        work.assume(
            f"{known.id} has no key that keeps a retry from doing it twice, so it is no longer tried again."
        )
    was = f"{existing.connector_of(kind)}.{kind.tool}"
    return Change(
        tuple(edits),
        f"{place.step.id!r} now calls {known.id} instead of {was}.",
        tuple(work.assumptions),
        open_questions(work),
        place.step.id,
    )


__all__ = ["retarget"]
