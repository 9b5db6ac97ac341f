"""Sentences that a workflow itself will say: e-mail subjects and bodies, approval titles, keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from studio.designer.builtin.draft import template
from studio.designer.builtin.scope import Scope, Thing, is_amount
from studio.designer.builtin.shapes import Place, Sort, places
from studio.designer.builtin.units import scale_of
from studio.designer.builtin.words import PRONOUNS, article, raw_tokens, stem
from studio.designer.builtin.work import Effect, Work

_IRREGULAR_PAST = {
    "send": "sent", "pay": "paid", "make": "made", "get": "got", "find": "found", "give": "given", "put": "put",
    "set": "set", "buy": "bought", "hold": "held", "tell": "told", "write": "written", "withdraw": "withdrawn",
    "do": "done", "run": "run", "ship": "shipped", "cancel": "cancelled", "refer": "referred", "submit": "submitted",
    "tag": "tagged", "stop": "stopped", "drop": "dropped", "plan": "planned",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Telling:
    """One message: ``said`` is what the person asked it to say; ``personal`` when it goes to the person concerned."""

    said: str
    personal: bool
    branch: str = ""
    facts: tuple[str, ...] = ()
    """Lines with the values that the message is to tell."""
    matter: str = ""
    """What kind of message: "reminder", "summary"; empty when not said."""


def past(verb: str) -> str:
    """ "refund" -> "refunded"."""
    if verb in _IRREGULAR_PAST:
        return _IRREGULAR_PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def base_form(verb: str) -> str:
    """The imperative of a verb as written: "refunds" -> "refund", "cancelled" -> "cancel"."""
    for plain, form in _IRREGULAR_PAST.items():
        if verb == form:
            return plain
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith("sses") or verb.endswith(("ches", "shes", "xes")):
        return verb[:-2]
    if verb.endswith("s") and not verb.endswith("ss"):
        return verb[:-1]
    if verb.endswith("ing") and len(verb) > 5:
        return verb[:-3]
    if verb.endswith("ed") and len(verb) > 4:
        return verb[:-1] if verb[:-1].endswith(("se", "ce", "te", "ve", "ge")) else verb[:-2]
    return verb


def label(scope: Scope) -> str:
    """The thing the work is about, with its id: "order ${order.id}"; "" when nothing has one."""
    found = scope.identity()
    if found is None:
        return ""
    thing, place = found
    return f"{noun_of(thing)} ${{{place.path}}}"


def noun_of(thing: Thing) -> str:
    noun = thing.noun.removeprefix("item:") or thing.name.rpartition(".")[2]
    return noun.removesuffix("_id").replace("_", " ")


def subject(work: Work, scope: Scope, telling: Telling) -> str:
    about = label(scope)
    if telling.said:
        first = re.split(r"(?<=[.!?])\s", telling.said)[0][:70]
        return template(_capital(first) + (f" ({about})" if about else ""))
    effect = work.effects[-1] if work.effects else None
    if telling.matter:
        return template(f"{_capital(telling.matter)}: {about}" if about else _capital(telling.matter))
    if effect and not telling.branch:
        return template(
            f"Your {effect.noun} for {about}"
            if telling.personal and about and effect.noun not in about
            else f"{_capital(about or effect.noun)}: {past(effect.verb)}"
        )
    return template(
        f"About your {about}"
        if telling.personal and about
        else _capital(about) or "A message from your workflow"
    )


def body(work: Work, scope: Scope, telling: Telling) -> str:
    lines = []
    name = _name_of_person(scope) if telling.personal else None
    if telling.personal:
        lines.append(f"Hello ${{{name.path}}}," if name else "Hello,")
    about = label(scope)
    effect = work.effects[-1] if work.effects else None
    if telling.said:
        lines.append(_sentence(telling.said))
    elif telling.matter and not (effect and telling.personal):
        lines.append(
            f"this is {article(telling.matter)} about {about}."
            if telling.personal and about
            else f"{_capital(telling.matter)}."
        )
    elif effect and not telling.branch:
        sum_ = f"{_money(effect.amount, effect.currency)} for " if effect.amount and about else ""
        lines.append(
            f"we have {past(effect.verb)} {sum_}{about or 'it'}."
            if telling.personal
            else f"{_capital(effect.noun)} {past(effect.verb)}: {sum_}{about or 'done'}."
        )
    elif telling.branch:
        head = f"about your {about}" if telling.personal and about else _capital(about) or "Please note"
        lines.append(f"{head}: {telling.branch}.")
        why = _reason(scope)
        if why:
            lines.append(f"Reason: ${{{why.path}}}")
    if telling.facts:
        lines += telling.facts
    elif (
        not telling.personal
        or (telling.matter and not effect)
        or not (effect or telling.said or telling.branch)
    ):
        lines += _facts(scope)
    return template("\n\n".join(lines) if lines else "Done.")


def approval_title(scope: Scope, doing: str, amount: Place | None) -> str:
    """The question a person decides, with amount and currency: "Refund ${order.total} ${order.currency} for ...?"."""
    about = label(scope)
    words = [
        w for w in doing.split() if w.lower() not in PRONOUNS and w.lower() not in ("the", "a", "an", "of")
    ]
    verb = _capital(words[0]) if words else "Go on"
    thing = " ".join(words[1:])
    if amount is not None:
        currency = scope.currency_of(amount.path)
        said = f"{verb} {_money(priced(amount.path, amount.sort, scale_of(amount)), currency.path if currency else '')}"
        return template(f"{said} for {about}?" if about else f"{said}?")
    noun = about.split(" ${")[0]
    if thing and noun and not (set(map(stem, raw_tokens(thing))) <= set(map(stem, raw_tokens(noun)))):
        return template(f"{verb} {thing} for {about}?" if about else f"{verb} {thing}?")
    return template(f"{verb} {about or thing or 'with this'}?")


def priced(amount: str, sort: Sort, scale: int = 1) -> str:
    """An amount as an expression for people. A whole number that does not say it counts cents stays as it is."""
    if scale > 1:
        return f"money(double({amount}) / {scale}.0)"
    return f"money({amount})" if sort == "number" else amount


def _money(amount: str, currency: str) -> str:
    """``amount`` is an expression, or a number as it is written."""
    written = re.fullmatch(r"\d+(?:\.\d+)?", amount)
    if written is None:
        amount = f"${{{amount}}}"
    elif "." in amount:
        amount = f"{float(amount):.2f}"
    return f"{amount} ${{{currency}}}" if currency else amount


def _name_of_person(scope: Scope) -> Place | None:
    for _, place in scope.places():
        if place.leaf == (stem("name"),) and place.sort == "string" and place.path.count(".") >= 1:
            parent = place.path.rpartition(".")[0]
            if any(p.path == f"{parent}.email" for _, p in scope.places()):
                return place
    return None


def _reason(scope: Scope) -> Place | None:
    return next(
        (p for t, p in scope.places() if t.step and p.leaf == ("reason",) and p.sort == "string"), None
    )


def _facts(scope: Scope) -> list[str]:
    """A few plain values of what the work is about, or the size of a list."""
    in_loop = any(t.noun.startswith("item:") for t in scope.things)
    for thing in reversed([t for t in scope.things if t.step and not in_loop]):
        listed = [p for p in places(thing.name, thing.words, thing.schema, depth=1) if p.sort == "array"]
        if listed and not any(
            p.leaf == ("id",) for p in places(thing.name, thing.words, thing.schema, depth=1)
        ):
            return [
                f"{_capital(' '.join(raw_tokens(listed[0].path.rpartition('.')[2])))}: ${{{listed[0].path}.size()}}"
            ]
    found = scope.identity()
    if found is None:
        return []
    thing = found[0]
    plain = [
        p for p in places(thing.name, thing.words, thing.schema, depth=1)
        if p.path != thing.name and p.sort in ("string", "number", "integer") and p.certain and p.leaf != ("id",)
    ]  # fmt: skip
    plain.sort(key=lambda p: not is_amount(p.leaf))
    return [
        f"{_capital(' '.join(raw_tokens(p.path.rpartition('.')[2])))}: "
        f"${{{priced(p.path, p.sort, scale_of(p)) if is_amount(p.leaf) else p.path}}}"
        for p in plain[:4]
    ]


def _sentence(text: str) -> str:
    text = _capital(text.strip())
    return text if text.endswith((".", "!", "?")) else text + "."


def in_full(words: str, about: str) -> str:
    """ "put it in the calendar" with what "it" is, as a headline."""
    if about and (found := re.search(r"\b(?:it|them|this|that)\b", words, re.I)):
        return _capital(f"{words[: found.start()]}{about}{words[found.end() :]}")
    return _capital(words) + (f" ({about})" if about else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def effect_of(verb: str, noun: str, step: str, amount: Place | None, currency: Place | None) -> Effect:
    return Effect(
        base_form(verb),
        noun,
        step,
        priced(amount.path, amount.sort, scale_of(amount)) if amount else "",
        currency.path if currency else "",
    )
