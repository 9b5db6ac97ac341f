"""What steps are given and say: arguments, recipients, texts of messages, what an approval shows, results, prompts."""

from __future__ import annotations

import re
from functools import partial

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin import prose
from studio.designer.builtin.calls import Wish, person_of
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.approving import is_approval
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.edits.values import field, value
from studio.designer.builtin.scope import is_amount
from studio.designer.builtin.shapes import properties
from studio.designer.builtin.words import likeness, name_stems, stems
from studio.designer.builtin.work import identifier
from studio.designer.writing import Said

_Q = r"(?:\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|'[^']*'|«[^»]*»|`[^`]*`)"
_MUST = r"(?:should|must|shall|has to|ought to|needs to)"
_SETS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"^(?:set|change|make|update|rewrite|replace|edit|let)\s+(?:the\s+)?(?P<arg>[\w ]+?)(?:\s+(?:of"
        r"|in|for|on)\s+(?P<what>.+?))?\s+(?:to|be|say|with|by|read|into|as)(?:\s+say)?\s*:?\s+"
        rf"(?P<value>{_Q}|.+)$",
        rf"^(?:the\s+)?(?P<arg>[\w ]+?)(?:\s+(?:of|in|for|on)\s+(?P<what>.+?))?\s+{_MUST}\s+(?:now\s+)?"
        rf"(?:be|say|read|state)\s*:?\s+(?P<value>{_Q}|.+)$",
        rf"^(?:the\s+)?(?P<what>[\w ]+?)'s\s+(?P<arg>\w+)\s+{_MUST}\s+(?:now\s+)?(?:be|say|read)\s*:?\s+"
        rf"(?P<value>{_Q}|.+)$",
        rf"^(?:use|write|put)\s+(?P<value>{_Q})\s+(?:as|for|in|into)\s+(?:the\s+)?(?P<arg>[\w ]+?)(?:\s+"
        r"(?:of|in|for|on)\s+(?P<what>.+?))?(?:\s+instead)?$",
        rf"^(?P<what>(?:the\s+)?[\w ]+?)\s+{_MUST}\s+(?:now\s+)?say\s*:?\s+(?P<value>{_Q})(?P<arg>)$",
    )
)
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "text": ("body", "text", "message", "content", "summary", "note"),
    "body": ("body", "text", "message", "content"),
    "message": ("body", "text", "message", "content"),
    "content": ("body", "text", "message", "content"),
    "wording": ("body", "text", "message", "content"),
    "subject": ("subject", "title"),
    "subject line": ("subject", "title"),
    "headline": ("subject", "title"),
    "title": ("title", "subject"),
    "recipient": ("to", "recipient", "email", "channel"),
    "receiver": ("to", "recipient", "email", "channel"),
    "address": ("to", "recipient", "email", "url"),
    "channel": ("channel", "to"),
}
_SEND_TO = re.compile(
    r"^(?:send|mail|email|post|address|direct|deliver|write|report)\s*(?P<what>.*?)\s*(?:to|in|into|on)\s+"
    r"(?P<who>.+?)"
    r"(?:\s+(?:instead|rather)(?:\s+of\s+.+)?|,?\s+not\s+(?:to\s+)?.+)?$",
    re.IGNORECASE,
)
_GOES_TO = re.compile(
    rf"^(?P<what>.+?)\s+(?:{_MUST}|goes|shall)\s*(?:now\s+)?(?:go|be sent|be posted|be addressed|be"
    r" mailed)?\s*(?:to|in)\s+(?P<who>.+?)"
    r"(?:\s+instead(?:\s+of\s+.+)?|,?\s+not\s+(?:to\s+)?.+)?$",
    re.IGNORECASE,
)
_TELL = re.compile(
    r"^(?:tell|notify|inform|alert|write to|email|mail|message)\s+(?P<who>.+?)\s+(?:instead|rather)(?:\s+"
    r"(?:of|than)\s+.+)?(?P<what>)$",
    re.IGNORECASE,
)
_SHOW = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:also\s+)?(?:show|display|include|add|put|list|mention)\s+(?P<field>.+?)\s+(?:in|on|to|into"
        r"|at)\s+(?P<what>.*(?:approv|decision|question|request).*)$",
        r"^(?:also\s+)?(?:show|tell)\s+(?:the\s+)?(?P<what>approvers?|manager|person who \w+|[\w ]+?)\s+"
        r"(?P<field>(?:the|their|his|her|its)\s+.+|who .+)$",
        r"^(?:let|make)\s+(?:the\s+)?(?P<what>approvers?|[\w ]+?)\s+(?:see|know)\s+(?P<field>.+)$",
        r"^(?P<what>(?:the\s+)?(?:approval|approver)s?)\s+(?:should|must|needs to|has to)\s+(?:also\s+)?"
        r"(?:show|see|include|mention|contain)\s+(?P<field>.+)$",
    )
)
_HIDE = re.compile(
    r"^(?:don't|do not|no longer|stop)\s+(?:show(?:ing)?|display(?:ing)?|includ(?:e|ing))\s+"
    r"(?P<field>.+?)\s+(?:in|on|to)\s+(?P<what>.*(?:approv|decision|question).*)$"
    r"|^(?:hide|remove|take|drop)\s+(?P<field2>.+?)\s+(?:from|out of)\s+(?P<what2>.*(?:approv|decision"
    r"|question).*)$",
    re.IGNORECASE,
)
_MENTION = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:also\s+)?(?:mention|include|add|put|write|state|give|show)\s+(?P<field>.+?)\s+(?:also\s+)?"
        r"(?:in|to|into|at the end of)\s+(?P<what>.+)$",
        r"^(?P<what>.+?)\s+(?:should|must|needs to|has to)\s+(?:also\s+)?(?:mention|include|contain|say"
        r"|state|show)\s+(?P<field>(?:the|its|their|his|her|who|what|how)\s*.+)$",
    )
)


def argument(clause: str, existing: Existing) -> Found | None:
    """ "set the subject of the e-mail to ...", "change the text of the mail to ..."."""
    for pattern in _SETS:
        match = pattern.match(clause)
        if match is None:
            continue
        found = _set(
            existing, match["arg"] or "text", match.groupdict().get("what") or "", match["value"].strip()
        )
        if found is not None:
            return found
    return None


def recipient(clause: str, existing: Existing) -> Found | None:
    """ "send the mail to finance instead", "post it in #ops instead"."""
    match = _SEND_TO.match(clause) or _GOES_TO.match(clause) or _TELL.match(clause)
    if match is None or not (re.search(r"\b(?:instead|rather|not)\b", clause) or _GOES_TO.match(clause)):
        return None
    what, who = match["what"].strip() or "it", match["who"].strip()
    senders = [p for p in existing.steps if existing.sends(p)]
    if re.search(r"^#|\bchannel\b", who):
        senders = [p for p in senders if _name_of(existing, p, ("channel",)) is not None]
    elif "@" in who:
        senders = [p for p in senders if _name_of(existing, p, ("to", "recipient", "email")) is not None]
    named = [p for p in existing.meant(what) if p in senders]
    if not named and len(senders) == 1 and re.fullmatch(r"(?:it|this|that|the \w+)", what, re.I):
        named = senders
    if not named:
        return None
    if len(named) > 1:
        return Choice(
            "Several messages can be meant. Which one?",
            tuple(Option(existing.label(p), _to(existing, p, who)) for p in named),
        )
    return _to(existing, named[0], who)


def shown(clause: str, existing: Existing) -> Found | None:
    """ "show the customer's name in the approval"."""
    if (match := _HIDE.match(clause)) and any(is_approval(p) for p in existing.steps):
        words = match["field"] or match["field2"]
        return existing.choose(
            _approval_words(match["what"] or match["what2"]),
            lambda p: _hidden(existing, p, words),
            is_approval,
        )
    for number, pattern in enumerate(_SHOW):
        match = pattern.match(clause)
        if match is None or not any(is_approval(p) for p in existing.steps):
            continue
        if re.search(r"\b(?:title|question)\b", match["what"]):
            continue
        if number in (1, 2) and not re.search(
            r"approver|person who|decid|manager|finance|lead|director", match["what"], re.I
        ):
            continue
        show = partial(_show, existing, words=match["field"])
        return existing.choose(_approval_words(match["what"]), show, is_approval)
    return None


def mentioned(clause: str, existing: Existing) -> Found | None:
    """ "mention the order number in the mail": a line more in a message."""
    for pattern in _MENTION:
        match = pattern.match(clause)
        if match is None:
            continue
        what = match["what"]
        subject = re.match(
            r"^(?:the\s+)?(?P<arg>subject|title|body|text|message)(?:\s+(?:line\s+)?of\s+(?P<rest>.+))?$",
            what,
            re.I,
        )
        arg, rest = (subject["arg"].lower(), subject["rest"] or "") if subject else ("", what)
        candidates = [p for p in existing.steps if _text_argument(existing, p, arg) is not None]
        found = [p for p in existing.meant(rest) if p in candidates] if rest else candidates
        if not found:
            continue
        if len(found) > 1:
            return Choice(
                "Several messages can be meant. Which one?",
                tuple(Option(existing.label(p), _mention(existing, p, arg, match["field"])) for p in found),
            )
        return _mention(existing, found[0], arg, match["field"])
    return None


# ---- arguments -------------------------------------------------------------------------------------------


def _set(existing: Existing, arg: str, what: str, words: str) -> Found | None:
    arg = re.sub(r"^(?:new|whole|entire|complete)\s+", "", arg.strip().lower())
    if (
        not what
        and (split := re.match(r"^(?P<what>[\w ]+?)\s+(?P<arg>\w+(?: line)?)$", arg))
        and split["arg"] in _ARGUMENTS
    ):
        what, arg = split["what"], split["arg"]
    names = _ARGUMENTS.get(arg, (identifier(arg),))
    if is_title := _approval_field(existing, arg, what, words):
        return is_title
    if other := _own_field(existing, arg, what, words):
        return other
    holders = [p for p in existing.steps if _name_of(existing, p, names) is not None]
    if what:
        wanted = existing.meant(what)
        holders = [p for p in holders if p in wanted]
    elif len(holders) > 1:
        given = [
            p
            for p in holders
            if isinstance(p.step.kind, tree.Call | tree.RunWorkflow)
            and any(a.name in names for a in p.step.kind.args)
        ]
        focused = [p for p in holders if p.step.id == existing.focus]
        holders = focused or given or holders
    if not holders:
        return None
    if len(holders) > 1:
        listed = ", ".join(p.step.id for p in holders)
        return Choice(
            f"Several steps have {arg!r}: {listed}. Which one do you mean?",
            tuple(Option(existing.label(p), _given(existing, p, names, words)) for p in holders),
        )
    return _given(existing, holders[0], names, words)


def _given(existing: Existing, place: Place, names: tuple[str, ...], words: str) -> Found:
    name = _name_of(existing, place, names)
    assert name is not None
    schema = _schema(existing, place, name)
    scope = scope_at(existing, place.container, place.step.id)
    is_text = name in ("body", "text", "message", "content", "subject", "title", "summary", "note")
    if name_stems(name)[-1] in ("to", "recipient", "email", "channel"):
        return _to(existing, place, words)
    found = value(existing, scope, words, schema, text=is_text)
    if found is None:
        return Said(
            f"{name!r} of {place.step.id!r} cannot be {words!r}: nothing there is called that, or it has"
            " another type."
        )
    edit = dsl.SetArgument(path=place.path, name=name, value=found)
    return Change((edit,), f"{name!r} of {place.step.id!r} is now {found}.", about=place.step.id)


def _name_of(existing: Existing, place: Place, names: tuple[str, ...]) -> str | None:
    """The argument of a step that one of the names means: one it gives, else one its tool takes."""
    kind = place.step.kind
    if not isinstance(kind, tree.Call | tree.RunWorkflow):
        return None
    given = [a.name for a in kind.args]
    tool = existing.tool_of(place)
    taken = list(properties(tool.input_schema)) if tool else []
    for name in names:
        for known in (given, taken):
            if name in known:
                return name
    for name in names:
        own = name_stems(name)
        for known in (given, taken):
            near = [k for k in known if set(own) <= set(name_stems(k))]
            if len(near) == 1:
                return near[0]
    return None


def _schema(existing: Existing, place: Place, name: str) -> dict[str, object]:
    tool = existing.tool_of(place)
    return properties(tool.input_schema).get(name, {}) if tool else {}


def _to(existing: Existing, place: Place, who: str) -> Found:
    name = _name_of(existing, place, ("to", "recipient", "channel", "email"))
    if name is None:
        return Said(f"{place.step.id!r} has nobody it goes to.")
    schema = _schema(existing, place, name)
    scope = scope_at(existing, place.container, place.step.id)
    found = value(existing, scope, who, schema) if re.search(r"[@#\"“.]", who) else None
    assumptions: tuple[str, ...] = ()
    edits: list[dsl.Edit] = []
    if found is None and name == "channel":
        found = quote(
            "#"
            + "-".join(
                w for w in re.findall(r"[a-z0-9]+", who.lower()) if w not in ("the", "channel", "slack", "in")
            )
        )
    if found is None:
        address = scope.address_of(person_of(Wish("send", f"to {who}")))
        found = address.path if address is not None else None
    if found is None:
        field_name = (
            identifier(
                "_".join(
                    w
                    for w in re.findall(r"[a-z]+", who.lower())
                    if w not in ("the", "a", "an", "our", "team")
                )
            )
            + "_email"
        )
        if re.fullmatch(r"(?:me|us)", who.strip(), re.I):
            field_name = "notify_email"
        if not any(f.name == field_name for f in existing.fields("input")):
            edits.append(
                dsl.SetHeader(part="input", name=field_name, text="string", doc=f"E-mail address of {who}.")
            )
        found = f"input.{field_name}"
        assumptions = (
            f"No step gives an e-mail address of {who}, so the workflow asks for it as {field_name!r}.",
        )
    edits.append(dsl.SetArgument(path=place.path, name=name, value=found))
    return Change(tuple(edits), f"{place.step.id!r} now goes to {found}.", assumptions, about=place.step.id)


# ---- approvals -------------------------------------------------------------------------------------------


def _approval_words(what: str) -> str:
    return re.sub(
        r"\b(?:approvers?|manager|person who \w+|form|page|screen|request)\b", "approval", what, flags=re.I
    )


def _approval_field(existing: Existing, arg: str, what: str, words: str) -> Found | None:
    """The question of an approval: its title."""
    if arg not in ("title", "question", "text", "message", "wording", "headline") or not any(
        is_approval(p) for p in existing.steps
    ):
        return None
    found = existing.meant(what) if what else []
    if what and not any(is_approval(p) for p in found):
        return None
    if not what and (arg != "question" and any(_name_of(existing, p, ("title",)) for p in existing.steps)):
        return None
    if not what and arg not in ("question", "title"):
        return None

    def titled(place: Place) -> Found:
        scope = scope_at(existing, place.container, place.step.id)
        text = value(existing, scope, words, {"type": "string"}, text=True)
        assert text is not None
        edit = dsl.SetExpression(path=place.path, field="title", value=text)
        return Change((edit,), f"The approval {place.step.id!r} now asks {text}.", about=place.step.id)

    return existing.choose(what or "", titled, is_approval)


def _show(existing: Existing, place: Place, words: str) -> Found:
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    scope = scope_at(existing, place.container, place.step.id)
    paths: list[str] = []
    missing: list[str] = []
    for part in re.split(
        r"\s*,\s*(?:and\s+)?|\s+and\s+", re.sub(r"\b(?:too|as well|also)$", "", words).strip()
    ):
        whole = next((n for n in scope.names() if stems(n.rpartition(".")[2]) == stems(part)), "")
        found = None if whole else field(scope, part)
        if whole or found:
            paths.append(whole or (found.path if found else ""))
        else:
            missing.append(part)
    known = {existing.written(e) for e in kind.show}
    fresh = [p for p in dict.fromkeys(paths) if p not in known]
    if not fresh:
        if paths:
            return Said(f"The approval {place.step.id!r} shows {' and '.join(paths)} already.")
        return Said(f"Nothing that is known at {place.step.id!r} is {words!r}, so it cannot be shown there.")
    every = ", ".join([*(existing.written(e) for e in kind.show), *fresh])
    if kind.show:
        at = kind.show[-1].span.end
        edit: dsl.Edit = dsl.ReplaceText(start=at, end=at, text="".join(f", {p}" for p in fresh))
    else:
        edit = dsl.SetExpression(path=place.path, field="show", value=every)
    questions = tuple(f"Nothing that is known there is {m!r}." for m in missing)
    return Change(
        (edit,),
        f"The approval {place.step.id!r} now also shows {' and '.join(fresh)}.",
        questions=questions,
        about=place.step.id,
    )


def _hidden(existing: Existing, place: Place, words: str) -> Found:
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    said = set(stems(words))
    gone = [e for e in kind.show if any(likeness(s, w) for s in said for w in stems(existing.written(e)))]
    if not gone:
        return Said(f"The approval {place.step.id!r} does not show {words!r}.")
    kept = [existing.written(e) for e in kind.show if e not in gone]
    edit = dsl.SetExpression(path=place.path, field="show", value=", ".join(kept) or None)
    names = " and ".join(existing.written(e) for e in gone)
    return Change((edit,), f"The approval {place.step.id!r} no longer shows {names}.", about=place.step.id)


# ---- other kinds -----------------------------------------------------------------------------------------


def _own_field(existing: Existing, arg: str, what: str, words: str) -> Found | None:
    """Parts that steps have by their kind: prompts, models, rounds, codes."""
    agents = [p for p in existing.steps if isinstance(p.step.kind, tree.Agent)]
    if arg in ("prompt", "system prompt", "instructions", "system", "model") and agents:
        part = "prompt" if arg == "prompt" else "model" if arg == "model" else "system"

        def changed(place: Place) -> Found:
            scope = scope_at(existing, place.container, place.step.id)
            text = value(existing, scope, words, {"type": "string"}, text=True)
            assert text is not None
            edit = dsl.SetExpression(path=place.path, field=part, value=text)
            return Change((edit,), f"The {part} of {place.step.id!r} is now {text}.", about=place.step.id)

        return existing.choose(what, changed, lambda p: p in agents)
    return None


# ---- a line more in a message ----------------------------------------------------------------------------


def _text_argument(existing: Existing, place: Place, arg: str) -> tree.Arg | None:
    kind = place.step.kind
    if not isinstance(kind, tree.Call):
        return None
    names = _ARGUMENTS.get(arg, ("body", "text", "message", "content"))
    return next(
        (
            a
            for n in names
            for a in kind.args
            if a.name == n and isinstance(a.value, tree.Template | tree.Constant)
        ),
        None,
    )


def _mention(existing: Existing, place: Place, arg: str, words: str) -> Found:
    found = _text_argument(existing, place, arg)
    assert found is not None
    scope = scope_at(existing, place.container, place.step.id)
    known = field(scope, words)
    if known is None or known.sort in ("object", "array"):
        return Said(
            f"Nothing that is known at {place.step.id!r} is {words!r}, so it cannot be mentioned there."
        )
    written = existing.written(found.value)
    amount = is_amount(known.leaf)
    hole = f"${{{prose.priced(known.path, known.sort) if amount else known.path}}}"
    if f"${{{known.path}}}" in written or hole in written:
        return Said(f"{place.step.id!r} mentions {known.path} already.")
    label = known.path.rpartition(".")[2].replace("_", " ").capitalize()
    owner = known.path.split(".")[-2].replace("_", " ") if "." in known.path else ""
    if label.lower() in ("id", "name", "status", "email") and owner and owner != "input":
        label = f"{owner.capitalize()} {label.lower()}"
    if found.name in ("subject", "title"):
        text = written[:-1] + f" ({hole})" + written[-1]
    elif written.startswith('"""'):
        text = _line_more(existing.text, found.value.span.start, written, f"{label}: {hole}")
    else:
        text = written[:-1] + f"\\n\\n{label}: {hole}" + written[-1]
    edit = dsl.ReplaceText(start=found.value.span.start, end=found.value.span.end, text=text)
    return Change((edit,), f"{place.step.id!r} now mentions {known.path}.", about=place.step.id)


def _line_more(text: str, start: int, written: str, line: str) -> str:
    """One more line before the closing quotes of a prompt, as deep as its last line."""
    inner = written[: -len('"""')]
    body = inner.rstrip()
    last = body[body.rfind("\n") + 1 :]
    indent = (
        last[: len(last) - len(last.lstrip())]
        if "\n" in body
        else text[text.rfind("\n", 0, start) + 1 : start]
    )
    indent = indent if not indent.strip() else ""
    tail = inner[len(body) :]
    return f'{body}\n\n{indent}{line}{tail}"""'


__all__ = ["argument", "mentioned", "recipient", "shown"]
