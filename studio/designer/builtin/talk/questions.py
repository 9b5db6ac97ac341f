"""Questions about the open workflow, answered in words: what it does, what happens if, who is asked, is it safe."""

from __future__ import annotations

import re
from collections.abc import Callable

import dsl
from dsl import tree
from dsl.assist.schedule import schedule_words
from dsl.outline import Place
from dsl.wording.sentences import approver_words, arm_label
from dsl.wording.spelling import duration_words, listed, small
from dsl.wording.terms import terms_of
from studio.designer.builtin.edits.approvals import approvals_of
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.numbers import numbers_of
from studio.designer.builtin.edits.request import plain, without_politeness
from studio.designer.builtin.starting import WHEN_PUBLISHED
from studio.designer.builtin.talk.ways import what_if
from studio.designer.comparing import in_one_sentence, walked
from studio.designer.proving import explained, findings, proved_as_it_is
from studio.designer.writing import Said

_REQUEST = re.compile(
    r"^(?:can|could|would|will) (?:you|we|i|it)\b(?! (?:explain|tell me what|tell me who|tell me when"
    r"|tell me why|describe|summari[sz]e))",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:what|who|whom|whose|when|why|how|which|where|is|are|does|do|did|has|have|explain|describe"
    r"|summari[sz]e|walk me through|"
    r"tell me (?:what|who|when|why|how|which|where|about)|show me (?:what|who|when|why|how|which)|and "
    r"(?:what|who|when|why|how)|"
    r"i (?:don't|do not) understand|list (?:the|all)|give me (?:a|an) (?:summary|overview|explanation))\b",
    re.IGNORECASE,
)
_HOW_ABOUT = re.compile(
    r"^(?:how|what) about\b|^why (?:don't|not)\b|^what if (?:we|you|i)\b|^do (?:the|it|this|that|both"
    r"|them|not)\b|^have (?:the|it)\b",
    re.IGNORECASE,
)


def is_question(message: str) -> bool:
    """Whether a message asks rather than orders; "can you remove ...?" orders."""
    text = plain(message).strip()
    if _REQUEST.match(text) or _HOW_ABOUT.match(text) or re.match(r"^describe\b.*\bas\b.*[\"“]", text, re.I):
        return False
    return bool(_ASKS.match(text)) and (
        text.endswith("?") or not re.match(r"^(?:do|have|when|is|are|has|list)\b", text, re.I)
    )


def reply(message: str, existing: Existing) -> Said | None:
    """The answer to a question; None when the message is none, or none that can be answered."""
    if not is_question(message):
        return None
    text = without_politeness(plain(message)).rstrip("?! .")
    text = re.sub(
        r"^(?:can|could|would|will) you (?:please )?|^(?:tell|show) me |^and ", "", text, flags=re.I
    )
    for pattern, answer in _ANSWERS:
        if match := pattern.search(text):
            found = answer(existing, match)
            if found:
                return Said(found)
    return None


def _does(existing: Existing, match: re.Match[str]) -> str:
    what = (match.groupdict().get("what") or "").strip()
    if what and not re.fullmatch(
        r"(?:it|this|that|(?:the|this) (?:whole )?(?:workflow|process|flow|thing)|everything|all)", what, re.I
    ):
        found = existing.meant(what)
        return "\n".join(_step(existing, p) for p in found[:4])
    doc = existing.parsed.workflow.doc.strip()
    proved = proved_as_it_is(existing.text, existing.catalog)
    graph = dsl.layout(dsl.view(proved.parsed, proved.diagnostics, existing.catalog))
    steps = explained(graph)
    lines = [f"{'  ' * line.depth}- {line.sentence}" for line in steps[:40]]
    more = [f"... and {len(steps) - 40} more."] if len(steps) > 40 else []
    head = f"{doc}\n\n" if doc else ""
    return f"{head}Step by step:\n" + "\n".join([*lines, *more])


def _step(existing: Existing, place: Place) -> str:
    doc = f" {place.step.doc.strip()}" if place.step.doc.strip() else ""
    owner = existing.owner(place)
    terms = terms_of(existing.parsed.workflow, existing.catalog)
    where = ""
    if owner is not None:
        label = arm_label(owner.step.kind, place.container.rpartition("/")[2], terms)
        where = f" It stands in {owner.step.id!r}" + (f" ({label})." if label else ".")
    clauses = [_clause(c) for c in place.step.clauses]
    told = f" It is {listed([c for c in clauses if c])}." if any(clauses) else ""
    kind = place.step.kind
    args = ""
    if isinstance(kind, tree.Call | tree.RunWorkflow) and kind.args:
        args = (
            " It is given "
            + ", ".join(f"{a.name}: {' '.join(existing.written(a.value).split())[:60]}" for a in kind.args)
            + "."
        )
    return f"{place.step.id!r}: {existing.sentence(place)}.{doc}{where}{args}{told}"


def _clause(clause: tree.Clause) -> str:
    match clause:
        case tree.Timeout(ms=ms):
            return f"given up after {duration_words(ms)}"
        case tree.Retry(max=number):
            return f"tried again up to {number} times"
        case tree.Key():
            return "protected from happening twice by a key"
        case tree.Compensate():
            return "undone when a later step fails"
        case tree.Catch():
            return "allowed to fail, with steps for that"
        case _:
            return ""


def _who(existing: Existing, match: re.Match[str]) -> str:
    found = approvals_of(existing)
    if not found:
        return "Nobody is asked: the workflow has no approval."
    return "\n".join(f"- {line}" for p in found for line in [_approval(existing, p)])


def _approval(existing: Existing, place: Place) -> str:
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    terms = terms_of(existing.parsed.workflow, existing.catalog)
    words = f"{approver_words(kind.approvers, terms)} at {place.step.id!r}"
    if kind.quorum and kind.quorum > 1:
        words += f", {kind.quorum} of them"
    words += _case(existing, place)
    words += f", within {duration_words(kind.within_ms)}" if kind.within_ms else ", within 3 days"
    if kind.escalate is not None:
        next_one = approver_words((kind.escalate.to,), terms)
        words += f"; after {duration_words(kind.escalate.after_ms)} it goes to {next_one}"
    words += "; a no ends the run" if kind.on_reject is None else "; a no has steps of its own"
    return words[:1].upper() + words[1:] + "."


def _case(existing: Existing, place: Place) -> str:
    terms = terms_of(existing.parsed.workflow, existing.catalog)
    labels = []
    here: Place | None = place
    while here is not None and (owner := existing.owner(here)) is not None:
        label = arm_label(owner.step.kind, here.container.rpartition("/")[2], terms)
        labels += [label] if label else []
        here = owner
    return f", {' and '.join(reversed(labels))}" if labels else ""


def _when(existing: Existing, match: re.Match[str]) -> str:
    there = existing.triggers()
    if not there:
        return "Nothing starts it by itself: it runs when somebody starts it by hand or over the API."
    words = "; ".join(small(_trigger(t)) for t in there)
    return f"It is to run {words}." + (
        "" if all(isinstance(t.on, tree.Manual) for t in there) else f" {WHEN_PUBLISHED}"
    )


def _trigger(trigger: tree.Trigger) -> str:
    match trigger.on:
        case tree.Schedule(cron=cron, timezone=zone):
            words = schedule_words(cron)
            return f"{words or f'by the schedule {cron!r}'} ({zone})"
        case tree.Webhook(method=method, path=path, verify=verify):
            return f"when {method} {path} is called" + (
                ", with a signature that is checked" if verify else ""
            )
        case tree.EventTrigger(event=event):
            return f"when the event {event!r} happens"
        case tree.Manual():
            return "when somebody starts it by hand"


def _problems(existing: Existing, match: re.Match[str]) -> str:
    proved = proved_as_it_is(existing.text, existing.catalog)
    found = [f for f in findings(proved) if f.severity != "info"]
    asked = match.group(0).lower()
    if "error" in asked:
        found = [f for f in found if f.severity == "error"] or found
    if not found:
        return "There is nothing to warn about: it reads well, every way ends, and what needs a yes has one."
    lines = [
        f"- Line {f.line} ({f.code}): {f.message.rstrip('.')}. {f.help[:1].upper()}{f.help[1:].rstrip('.')}."
        for f in found[:8]
    ]
    return "\n".join(lines)


def _safe(existing: Existing, match: re.Match[str]) -> str:
    proved = proved_as_it_is(existing.text, existing.catalog)
    errors = [d for d in proved.diagnostics if d.severity == "error"]
    warnings = [d for d in proved.diagnostics if d.severity == "warning"]
    if errors:
        return (
            "Not as it is: "
            + "; ".join(d.message.rstrip(".") for d in errors[:4])
            + ". It cannot be published like this."
        )
    found = walked(proved)
    told = in_one_sentence(found)
    head = (
        "As far as can be proved, yes: nothing dangerous happens without a yes, every way ends, and"
        " nothing is repeated blindly."
    )
    lines = [head]
    if told:
        lines.append(f"{told[:1].upper()}{told[1:]}")
    if warnings:
        lines.append(
            "To look at: " + "; ".join(dict.fromkeys(d.message.rstrip(".") for d in warnings[:4])) + "."
        )
    return "\n".join(lines)


def _effects(existing: Existing, match: re.Match[str]) -> str:
    found = [p for p in existing.steps if existing.changes_something(p)]
    if not found:
        return "It changes nothing outside: it only reads."
    return "It changes things outside at:\n" + "\n".join(
        f"- {existing.label(p)}{_case(existing, p)}" for p in found[:20]
    )


def _tools(existing: Existing, match: re.Match[str]) -> str:
    found = dict.fromkeys(
        f"{existing.connector_of(p.step.kind)}.{p.step.kind.tool}"
        for p in existing.steps
        if isinstance(p.step.kind, tree.Call)
    )
    return f"It calls {listed(list(found))}." if found else "It calls no tool."


def _takes(existing: Existing, match: re.Match[str]) -> str:
    return _fields(existing, "input", "It needs nothing to start.", "It is given")


def _gives(existing: Existing, match: re.Match[str]) -> str:
    return _fields(existing, "output", "It gives no declared result.", "Its result has")


def _fields(existing: Existing, role: str, none: str, head: str) -> str:
    found = []
    for field in existing.fields(role):
        kind = existing.text[field.type.span.start : field.type.span.end]
        default = (
            f", {existing.written(field.default)} unless told otherwise" if field.default is not None else ""
        )
        doc = f": {field.doc.strip()}" if field.doc.strip() else ""
        found.append(f"- {field.name} ({kind}{default}){doc}")
    return f"{head}:\n" + "\n".join(found) if found else none


def _limits(existing: Existing, match: re.Match[str]) -> str:
    found = [n for n in numbers_of(existing) if n.weight >= 1]
    if not found:
        return "It compares with no number, so it has no limit."
    return "\n".join(
        f"- {n.about}: {existing.text[n.start : n.end]}" + (f" (at {n.place.step.id!r})" if n.place else "")
        for n in found[:12]
    )


def _long(existing: Existing, match: re.Match[str]) -> str:
    found = dsl.estimate(existing.parsed, existing.catalog)
    parts = []
    if found.work_ms:
        parts.append(f"{duration_words(found.work_ms)} of work with all its repetitions")
    if found.people_ms:
        parts.append(f"{duration_words(found.people_ms)} of waiting for people")
    if found.pause_ms:
        parts.append(f"{duration_words(found.pause_ms)} of waiting it was told to")
    more = f" Not bounded: {', '.join(o.path for o in found.open[:3])}." if found.open else ""
    return f"At most {listed(parts)}.{more}" if parts else f"It takes no time to speak of.{more}"


def _fails(existing: Existing, match: re.Match[str]) -> str:
    return what_if(existing, match["case"])


_THIS = (
    r"(?:it|this|that|(?:the|this|that|my) (?:whole |current )?(?:workflow|process|flow|thing"
    r"|automation)|everything)"
)
_Answer = Callable[[Existing, re.Match[str]], str]


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ANSWERS: tuple[tuple[re.Pattern[str], _Answer], ...] = (
    (_rx(
        r"^(?:what|how)\b.*?\b(?:happens?|would happen|will happen|does it do|goes on|is done|occurs)"
        r"\s+(?:then\s+)?(?:if|when|in case|once|after|should)\s+(?P<case>.+)$"
    ), _fails),
    (_rx(r"^what if\s+(?P<case>.+)$"), _fails),
    (_rx(r"^(?:if|when)\s+(?P<case>.+?),?\s+(?:then\s+)?what(?: happens)?$"), _fails),
    (_rx(r"\b(?:warnings?|errors?|problems?|complain\w*|yellow|red|wrong with)\b"), _problems),
    (_rx(r"\b(?:safe|dangerous|risky|risks?|secure|trust|go wrong|harm)\b"), _safe),
    (_rx(
        r"^(?:who|whom|which (?:people|person|role))\b|\b(?:needs?|have|has) to (?:approve|sign|say yes"
        r"|agree)\b|\bapprov(?:er|al)s?\b.*\b(?:who|needed|there)\b|\bwho\b.*\b(?:approv|ask|decid"
        r"|sign)"
    ), _who),
    (_rx(r"^how long\b|\btake at most\b|\bhow much time\b"), _long),
    (_rx(
        r"^when\b.*\b(?:run|runs|start|starts|started|triggered|executed)\b|^how often\b|\bwhat "
        rf"(?:starts|triggers)\b|^(?:is|does) {_THIS} (?:scheduled|run by itself)|\bschedule\b|"
        r"\btriggers?\b"
    ), _when),
    (_rx(r"\b(?:limits?|thresholds?)\b"), _limits),
    (_rx(
        r"^(?:which|what) (?:tools?|connectors?|systems?|services?)\b|\bwhat does it (?:call|use)\b"
    ), _tools),
    (_rx(
        r"\b(?:changes? (?:outside|anything|something)|side effects?|effects?|write to|actually change)"
        r"\b|^what (?:is|gets) changed"
    ), _effects),
    (_rx(
        r"^what (?:inputs?|data|information|values?)\b|\bneeds? to (?:be given|know|start)\b|\bwhat "
        r"(?:does|do) (?:it|i) (?:need|take|have to (?:give|enter))|\binputs?\b"
    ), _takes),
    (_rx(r"\b(?:result|outputs?|returns?|gives? back|comes? out)\b"), _gives),
    (_rx(
        rf"^(?:what|how)\s+(?:does|do|is|did)\s+(?P<what>{_THIS})\s*(?:do|for|work|about|mean|doing)?(?:"
        r"\s+(?:exactly|here|in (?:short|plain words|detail)|now))*$"
    ), _does),
    (_rx(
        r"^what\s+(?:does|is|do)\s+(?P<what>.+?)(?:\s+(?:do|for|mean|step do|good for|doing))?(?:\s+"
        r"(?:exactly|here|there))?$"
    ), _does),
    (_rx(
        r"^(?:explain|describe|summari[sz]e|walk me through|give me (?:a|an) (?:summary|overview"
        r"|explanation)(?: of)?)(?:\s+(?:me|to me|us))?\s*(?P<what>.*?)(?:\s+(?:to me|please|in "
        r"(?:short|plain words|simple words|detail)))*$"
    ), _does),
    (_rx(r"^how does\s+(?P<what>.+?)\s+work$"), _does),
    (_rx(
        r"^(?:what|which) (?:are the )?steps\b|^i (?:don't|do not) understand|^what(?:'s| is) (?:this"
        r"|going on)\b|^list (?:the|all)(?: the)? steps"
    ), _does),
)  # fmt: skip


__all__ = ["is_question", "reply"]
