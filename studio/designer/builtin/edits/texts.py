"""What steps are given and say: arguments, recipients, texts of messages, what an approval shows, results, prompts."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.calls import Wish, person_of
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.arguments import ARGUMENTS, argument_name, argument_schema
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.mentioning import mentioned
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.edits.showing import approval_question, shown
from studio.designer.builtin.edits.values import value
from studio.designer.builtin.words import name_stems
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
        senders = [p for p in senders if argument_name(existing, p, ("channel",)) is not None]
    elif "@" in who:
        senders = [p for p in senders if argument_name(existing, p, ("to", "recipient", "email")) is not None]
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


# ---- arguments -------------------------------------------------------------------------------------------


def _set(existing: Existing, arg: str, what: str, words: str) -> Found | None:
    arg = re.sub(r"^(?:new|whole|entire|complete)\s+", "", arg.strip().lower())
    if (
        not what
        and (split := re.match(r"^(?P<what>[\w ]+?)\s+(?P<arg>\w+(?: line)?)$", arg))
        and split["arg"] in ARGUMENTS
    ):
        what, arg = split["what"], split["arg"]
    names = ARGUMENTS.get(arg, (identifier(arg),))
    if is_title := approval_question(existing, arg, what, words):
        return is_title
    if other := _own_field(existing, arg, what, words):
        return other
    holders = [p for p in existing.steps if argument_name(existing, p, names) is not None]
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
    name = argument_name(existing, place, names)
    assert name is not None
    schema = argument_schema(existing, place, name)
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


def _to(existing: Existing, place: Place, who: str) -> Found:
    name = argument_name(existing, place, ("to", "recipient", "channel", "email"))
    if name is None:
        return Said(f"{place.step.id!r} has nobody it goes to.")
    schema = argument_schema(existing, place, name)
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


__all__ = ["argument", "mentioned", "recipient", "shown"]
