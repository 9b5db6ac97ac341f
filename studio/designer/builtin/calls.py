"""Turning a matched tool into a call: every argument gets a value from somewhere, and the call its safety clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dsl.catalog import Schema
from studio.designer.builtin import literals, named_values, prose, web
from studio.designer.builtin.changing_fields import no_change
from studio.designer.builtin.draft import CallStep, quote, template
from studio.designer.builtin.mentioning import joined, line, mentioned
from studio.designer.builtin.payloads import sent_for
from studio.designer.builtin.scope import Scope, Thing, is_amount
from studio.designer.builtin.shapes import Place, choices, fits, plain, properties, required, sort_of
from studio.designer.builtin.shapes import places as all_places
from studio.designer.builtin.spans import bound
from studio.designer.builtin.tools import Known
from studio.designer.builtin.units import converted, scale, scale_of
from studio.designer.builtin.words import (
    PRONOUNS,
    READ_VERBS,
    SEND_VERBS,
    STOP,
    name_stems,
    plural,
    raw_tokens,
    singular,
    stem,
    stems,
)
from studio.designer.builtin.work import Work
from studio.designer.builtin.worth import sum_meant

_SHORT_PROSE = frozenset(map(stem, ["subject", "title", "summary", "headline"]))
_LONG_PROSE = frozenset(
    map(
        stem,
        [
            "body",
            "text",
            "message",
            "content",
            "description",
            "note",
            "comment",
            "html",
            "details",
            "markdown",
        ],
    )
)
PROSE = _SHORT_PROSE | _LONG_PROSE
ADDRESS = frozenset(map(stem, ["to", "recipient", "email", "address", "receiver"]))
_WHERE = frozenset(map(stem, ["channel", "room"]))
_REASONS = frozenset(map(stem, ["reason", "cause"]))
_BARE = frozenset(map(stem, ["id", "name", "number", "key", "ref", "code"]))
_AREAS = frozenset(
    map(stem, ["country", "region", "city", "site", "location", "area", "office", "warehouse"])
)
_DATES = frozenset(map(stem, ["day", "date", "time", "month", "from", "until", "since", "sku"]))
_NEVER = frozenset({"idempotency_key", "dry_run"})
_ME = frozenset(["me", "us", "myself", "ourselves"])
_SAID = re.compile(
    r"\b(?:that|saying|to say|telling (?:them|him|her)|with the (?:text|message|words))\s+(?P<said>.+)$", re.I
)
_SHARE = re.compile(r"\b(?:half|a third|a quarter|two thirds|\d+(?:\.\d+)? ?(?:%|percent))(?= |$)", re.I)
_MAKING = frozenset(
    map(stem, ["process", "make", "perform", "do", "execute", "create", "issue", "add", "open"])
)
_CHECKING = frozenset(map(stem, ["check", "verify", "validate"]))
_RETRY_READ = '3 backoff 500ms to 10s on "timeout", "unavailable"'
_RETRY_WRITE = '5 backoff 1s to 1m on "timeout", "unavailable"'


@dataclass(frozen=True, slots=True)
class Wish:
    """The clause behind a call: ``verb`` and ``words`` as written, ``branch`` the condition it stands under."""

    verb: str
    words: str
    branch: str = ""
    last: bool = True
    given: tuple[tuple[str, str], ...] = ()
    """Arguments whose values are settled, as expressions."""


def write_call(work: Work, scope: Scope, known: Known, wish: Wish) -> CallStep:
    """The call as a step, wired to what is in scope; missing values become inputs of the workflow."""
    step_id = work.fresh(step_name(known, wish))
    args: list[tuple[str, str]] = []
    must = required(known.tool.input_schema)
    for name, schema in properties(known.tool.input_schema).items():
        if name in _NEVER:
            continue
        value = _argument(work, scope, known, wish, name, schema, needed=name in must)
        if value is not None:
            args.append((name if name.isidentifier() else quote(name), value))
    key = _key(scope, step_id) if not known.reads else ""
    honours = known.tool.idempotent or "idempotency_key" in properties(known.tool.input_schema)
    if not known.reads and not known.sends:
        amount = next((v for n, v in args if is_amount(name_stems(n)) and "." in v and '"' not in v), "")
        place = next((p for _, p in scope.places() if p.path == amount), None)
        currency = scope.currency_of(amount) if amount else None
        work.effects.append(
            prose.effect_of(_effect_verb(known, wish), _effect_noun(known), step_id, place, currency)
        )
    return CallStep(
        step_id, known.connector, known.tool.name, tuple(args), writes=not known.reads, sends=known.sends,
        timeout=work.preferences.timeout or ("10s" if known.reads else "30s"),
        retry=_retry(work, known) if known.reads or (key and honours) else "",
        key=key,
        caught=work.fresh(f"{step_id}_failed") if known.sends and work.effects else "",
        says=f"{wish.verb} {wish.words}".strip(),
    )  # fmt: skip


def _retry(work: Work, known: Known) -> str:
    """The usual retries, or as many as the account prefers."""
    usual = _RETRY_READ if known.reads else _RETRY_WRITE
    times = work.preferences.retries
    if times is None:
        return usual
    return f"{times}{usual[1:]}" if times else ""


def step_name(known: Known, wish: Wish) -> str:
    """ "get_order" -> order, "check_refund_eligibility" -> eligibility, "process_refund" -> refund."""
    noun = list(known.noun)
    if known.sends:
        return "notify"
    verb = next((w for w in raw_tokens(known.tool.name) if stem(w) == known.verb), "")
    if not noun:
        nouns = [w for w in raw_tokens(wish.words) if w not in STOP and w not in PRONOUNS]
        return nouns[-1] if known.reads and nouns else verb or raw_tokens(known.tool.name)[0]
    if known.reads:
        if known.verb in _CHECKING:
            return noun[-1]
        return verb if verb and known.verb not in READ_VERBS else "_".join(noun)
    if known.verb in _MAKING:
        return "_".join(map(singular, noun))
    return "_".join((*([verb] if verb else []), *noun))


def thing_of(step: CallStep, known: Known) -> Thing:
    schema = known.tool.output_schema or {}
    noun = " ".join(known.noun) or step.id
    if known.verb in _CHECKING:
        noun = noun.split()[-1]
    if not known.lists:
        noun = singular(noun)
    return Thing(
        step.id,
        tuple(dict.fromkeys((*name_stems(noun), *name_stems(re.sub(r"_\d+$", "", step.id))))),
        schema,
        step=True,
        noun=noun,
    )


def takes_address(known: Known) -> bool:
    """Whether a tool that sends writes to one address, and not to a channel."""
    return any(name_stems(name)[-1] in ADDRESS for name in properties(known.tool.input_schema))


# ---- arguments ---------------------------------------------------------------------------------------


def _argument(
    work: Work, scope: Scope, known: Known, wish: Wish, name: str, schema: Schema, *, needed: bool
) -> str | None:
    words = name_stems(name)
    if (settled := dict(wish.given).get(name)) is not None:
        return settled
    if (given := work.given.get((known.id, name))) is not None:
        return given
    spoken = _spoken(scope, known, wish, name, schema, needed=needed)
    if spoken is None and needed and web.is_method(known, name):
        spoken = _quoted(web.method(wish.verb, choices(schema)))
    if spoken is None and name == "body" and web.URL.search(wish.words):
        spoken = _body(work, scope, known, wish)
    if spoken is not None:
        return spoken
    if known.sends and (words[-1] in ADDRESS or words[-1] in _WHERE):
        return _recipient(work, scope, wish, name, schema) if needed else None
    prose_sort = sort_of(schema) == "string" and not choices(schema) and not known.reads
    if (
        prose_sort
        and not needed
        and not known.sends
        and words[-1] in _LONG_PROSE
        and (found := mentioned(wish.words, scope))
    ):
        return template("\n".join(found))
    if prose_sort and needed and not known.sends and (same := _of_that_name(scope, wish, words)) is not None:
        return same
    if prose_sort and needed and words[-1] in _SHORT_PROSE | _LONG_PROSE:
        return _prose(work, scope, known, wish, words)
    if words[-1] in _REASONS and sort_of(schema) == "string" and not choices(schema):
        return _reason(work, scope, schema)
    if not needed:
        return _optional(work, scope, known, wish, name, schema)
    if is_amount(words) and (sum_ := sum_meant(scope, known, wish.words)) is not None:
        return _as_wanted(sum_, name, schema)
    if (end := bound(scope, known, words)) is not None and fits(end.schema, schema):
        return end.path
    if (named := _by_name(work, scope, known, wish, name, schema)) is not None:
        return named
    wanted = _qualified(known, words)
    hints = tuple(s for s in stems(wish.words) if s not in PRONOUNS)
    person = words[-1] == "email" and sort_of(schema) == "string"
    if person and (written := re.search(r"[\w.+-]+@[\w-]+\.[\w.]+\w", wish.words)):
        return quote(written[0])
    idle = frozenset(
        place.path
        for thing, place in scope.places()
        if thing.step and no_change(known, thing.words, place.leaf, words)
    )
    found = address_of_whom(scope, wish, surely=True) if person else None
    found = None if found is not None and found.path in idle else found
    found = found or scope.for_argument(wanted, schema, hints, but=idle)
    if found is None and wanted != words:
        found = scope.for_argument(words, schema, hints, floor=0.75, but=idle)
    if found is None and person:
        found = address_of_whom(scope, wish)
    if found is None and person and idle:
        # A new owner, where only the old one has that name: whom the step before found.
        found = next(
            (p for t, p in reversed(list(scope.places())) if t.step and t.name == scope.things[-1].name
             and p.sort == "string" and "email" in p.leaf and p.path not in idle), None
        )  # fmt: skip
    if found is None and (sent := sent_for(work, scope, words, schema)) is not None:
        return sent.name
    if found is not None:
        _ask_about_share(work, wish, name, found.path)
        return _as_wanted(found, name, schema)
    if sort_of(schema) == "string" and words[-1] not in _BARE:
        stands = literals.standing_for(wish.words, _familiar(scope, known) | work.toolbox.stems)
        stands = stands or literals.only_quoted(wish.words)
        if stands is not None:
            return stands
        if (named := _named_alone(scope, known, wish)) is not None:
            return named.path
    return _asked_for(work, scope, known, name, wanted, schema)


def _by_name(work: Work, scope: Scope, known: Known, wish: Wish, name: str, schema: Schema) -> str | None:
    """A value that is named without the argument's own name: a room to put a message in, or a proper name."""
    words = name_stems(name)
    if sort_of(schema) != "string" or choices(schema):
        return None
    if known.sends and words[-1] in named_values.ROOMS and not takes_address(known):
        return named_values.receiving(wish.words)
    inner = properties(known.tool.input_schema)
    free = [
        n
        for n in required(known.tool.input_schema)
        if n in inner
        and sort_of(inner[n]) == "string"
        and not choices(inner[n])
        and name_stems(n)[-1] not in _BARE | _DATES | PROSE | ADDRESS
    ]
    if free != [name]:
        return None
    roles = {s for role in work.catalog.roles or () for s in name_stems(role)}
    return named_values.proper(wish.words, work.toolbox.stems | _familiar(scope, known) | roles)


def _of_that_name(scope: Scope, wish: Wish, words: tuple[str, ...]) -> str | None:
    """The field that the clause names by the argument's own name: "an issue with the alert's summary"."""
    said = stems(wish.words)
    if words[-1] not in said or '"' in wish.words:
        return None
    for thing, place in scope.places():
        if (
            thing.step
            and place.leaf == words
            and place.sort == "string"
            and (set(thing.words) & set(said) or re.search(r"\b(?:its|their|his|her)\b", wish.words))
        ):
            return place.path
    return None


_FOR_WHOM = re.compile(
    r"\b(?:for|to|by) (?:the |its |their |his |her |that |this |an? )?(?:\w+'s )?(?P<who>[a-z]+)\b", re.I
)


def address_of_whom(scope: Scope, wish: Wish, *, surely: bool = False) -> Place | None:
    """The address of the person that the clause names: "a task for the owner of the lead"; ``surely`` when the address
    itself bears that person's name."""
    said = [(m["who"], False) for m in _FOR_WHOM.finditer(wish.words)]
    said += [(w, True) for w in raw_tokens(wish.words) if w not in STOP]
    for word, exactly in said:
        who = stem(word.lower())
        if (found := scope.address_of((who,))) is not None and (who in found.leaf or not (surely or exactly)):
            return found
    return None


def _named_alone(scope: Scope, known: Known, wish: Wish) -> Place | None:
    """The text that the clause calls by its field's own name: "book the cheapest"."""
    said = {*stems(wish.words)} - {stem(singular(w)) for w in known.noun}
    return next(
        (
            place
            for thing, place in scope.places()
            if thing.step and place.sort == "string" and place.path != thing.name
            if len(place.leaf) == 1 and place.leaf[0] in said and place.leaf[0] not in _BARE
        ),
        None,
    )


def _asked_for(
    work: Work, scope: Scope, known: Known, name: str, wanted: tuple[str, ...], schema: Schema
) -> str:
    if wanted != name_stems(name):
        noun = singular(" ".join(known.noun))
        name = f"{noun} {name}"
    doc = plain(schema).get("description") or plain(schema).get("title") or ""
    first = re.split(r"(?<=[.!?])\s|\n", str(doc))[0].strip()[:100]
    return work.take_input(scope, name, plain(schema), doc=first.replace("\r", " "))


def _qualified(known: Known, words: tuple[str, ...]) -> tuple[str, ...]:
    """A bare "id" of get_invoice is an invoice's id."""
    if len(words) == 1 and words[0] in _BARE:
        rest = tuple(stem(singular(w)) for w in known.noun)
        return (*rest, *words) if rest else words
    return words


def _quoted(value: str | None) -> str | None:
    return None if value is None else quote(value)


def _body(work: Work, scope: Scope, known: Known, wish: Wish) -> str | None:
    """What is sent to an address: what the clause speaks of, or nothing, and then that is said."""
    methods = next(
        (choices(s) for n, s in properties(known.tool.input_schema).items() if web.is_method(known, n)), ()
    )
    if web.method(wish.verb, methods) in (None, "GET", "DELETE"):
        return None
    found = web.sent(scope, wish.words)
    if found is None:
        url = web.URL.search(wish.words)
        work.ask(f"Nothing is sent to {url[0] if url else 'the address'} yet: what should its body be?")
    return found


def _ask_about_share(work: Work, wish: Wish, name: str, path: str) -> None:
    """A part of an amount is not worked out here: the whole would be taken silently."""
    if is_amount(name_stems(name)) and (said := _SHARE.search(wish.words)):
        work.ask(
            f"You said “{said[0]}”, but {name!r} is the whole {path}: change it in the step, "
            f"as in {path} * 0.5, before you publish."
        )


def _as_wanted(found: Place, name: str, want: Schema) -> str:
    """The value of a place as an argument takes it: whole numbers as such, cents as euros and the other way round."""
    path, floating = found.path, sort_of(want) == "number"
    if is_amount(name_stems(name)) and found.sort in ("number", "integer"):
        have, wanted = scale_of(found), scale(name, want)
        if have != wanted:
            return converted(path, have, wanted, floating=floating)
    return f"double({path})" if floating and found.sort == "integer" else path


def _spoken(scope: Scope, known: Known, wish: Wish, name: str, schema: Schema, *, needed: bool) -> str | None:
    """A value that the clause itself gives."""
    if web.names_url(name) and sort_of(schema) == "string" and (url := web.URL.search(wish.words)):
        return quote(url[0])
    said = literals.spoken(
        wish.words, name, schema, needed=needed, known=_familiar(scope, known), own=frozenset(known.name)
    )
    if said is None and needed and wish.verb and choices(schema):
        return next((quote(c) for c in choices(schema) if stem(c) == stem(wish.verb)), None)
    return said


def _familiar(scope: Scope, known: Known) -> frozenset[str]:
    """Stems of what is in scope and of the tool's own words: none of them is a value."""
    own = frozenset().union(
        *(known.fields[f] for f in ("name", "title", "connector", "description", "input", "choices"))
    )
    return own | {w for _, place in scope.places() for w in place.words}


def _optional(work: Work, scope: Scope, known: Known, wish: Wish, name: str, schema: Schema) -> str | None:
    """Optional arguments are filled only where the clause speaks of them or an input of that very name exists."""
    words = name_stems(name)
    for thing in scope.things:
        if not thing.step and thing.words == words and fits(thing.schema, schema):
            return thing.name
    if words[-1] == "email" and len(words) > 1 and set(words[:-1]) & set(stems(wish.words)):
        found = scope.for_argument(words, schema)
        if found is not None:
            return found.path
    if (
        work.grounded
        and known.lists
        and sort_of(schema) in ("string", "integer", "number")
        and not choices(schema)
    ):
        said = {stem(w) for w in raw_tokens(wish.words)}
        if set(words) & said and not (len(words) > 1 and words[-1] in _BARE and not set(words) <= said):
            return work.take_input(scope, name, plain(schema), doc="Which are listed.")
    if known.lists and words[-1] in _AREAS and sort_of(schema) == "string":
        area = re.search(r"\b(?:from|in|of|at) (?:the )?([A-Z][\w\-]+)\b", wish.words)
        return quote(area[1]) if area else None
    if known.lists and len(words) > 1 and sort_of(schema) == "string":
        whose = re.search(r"\b(?:of|for|by|from) (?:an? |the |one )?([\w ]+)$", wish.words, re.I)
        if whose and set(words[:-1]) & set(stems(whose[1])):
            return work.take_input(
                scope,
                name,
                plain(schema),
                doc=f"Whose {plural(known.noun[-1] if known.noun else 'item')} are listed.",
            )
    return None


def _reason(work: Work, scope: Scope, schema: Schema) -> str:
    who = re.match(
        r"^(?:an?|the|any|some)?\s*(?P<who>[a-z]+)\b.*\b(?:asks?|requests?|wants?|demands?)\b",
        work.occasion,
        re.I,
    )
    default = (
        f"requested by the {who['who'].lower()}"
        if who and who["who"].lower() not in ("someone", "somebody")
        else "not stated"
    )
    return work.take_input(
        scope, "reason", {"type": "string"}, default=quote(default), doc="Why this is asked for."
    )


def _recipient(work: Work, scope: Scope, wish: Wish, name: str, schema: Schema) -> str:
    address = re.search(r"[\w.+-]+@[\w-]+\.[\w.]+\w", wish.words)
    if address:
        return quote(address[0]) if sort_of(schema) != "array" else f"[{quote(address[0])}]"
    if name_stems(name)[-1] in _WHERE:
        named = re.search(
            r'(?P<hash>#[\w-]+)|\b(?:channel|room)\s+(?:called |named )?"?(?P<behind>[\w-]+)"?'
            r"|\b(?:the )?(?!the\b|teams?\b|slack\b|chat\b|a\b)(?P<before>[\w-]+) (?:channel|room)\b",
            wish.words,
            re.I,
        )
        if named and named["hash"]:
            return quote(named["hash"])
        if named and named["behind"] and named["behind"].lower() not in STOP:
            return quote(named["behind"])
        if named and named["before"] and named["before"].lower() not in STOP:
            return quote(f"#{named['before'].lower()}")
        if work.preferences.channel:
            return quote(work.preferences.channel)
        return work.take_input(
            scope, name, {"type": "string"}, default='"#general"', doc="Where the message is posted."
        )
    who = person_of(wish)
    place = None if set(who) & {stem(m) for m in _ME} else scope.address_of(who)
    if place is None and who and not set(who) & {stem(m) for m in _ME}:
        place = scope.address_of(who[:1])
    if place is None and who:
        place = scope.person_called(who)
    if place is not None:
        return place.path if sort_of(schema) != "array" else f"[{place.path}]"
    known_people = [w for w in raw_tokens(_target(wish)) if w not in STOP]
    mine = not known_people or bool(set(known_people) & _ME)
    if mine and work.preferences.address:
        mail = quote(work.preferences.address)
        return mail if sort_of(schema) != "array" else f"[{mail}]"
    asked = "notify_email" if not known_people or set(known_people) & _ME else f"{known_people[-1]}_email"
    whom = "you" if asked == "notify_email" else f"the {known_people[-1]}"
    work.assume(
        f"No step gives {'your e-mail address' if whom == 'you' else 'an e-mail address of ' + whom}, "
        f"so the workflow asks for it as {asked!r}."
    )
    found = work.take_input(
        scope,
        asked,
        {"type": "string"},
        doc="Your e-mail address." if whom == "you" else f"E-mail address of {whom}.",
    )
    return found if sort_of(schema) != "array" else f"[{found}]"


def _target(wish: Wish) -> str:
    """Who a message is for: "an apology to the customer that ..." -> "the customer"."""
    text = re.sub(r'"[^"]*"', " ", wish.words)
    text = re.split(
        r"\b(?:that|which|saying|containing|including|stating|about|telling|when|why|by (?:email|sms|mail)"
        r"|on slack|via|with)\b",
        text,
        flags=re.I,
    )[0]
    if match := re.search(r"\bto\s+(.+)$", text, re.I):
        return match[1]
    if match := re.match(r"^((?:the |an? |our )?\w+(?: \w+)?) (?:an?|the) \w+", text.strip(), re.I):
        return match[1]
    return (
        text
        if stem(wish.verb) in SEND_VERBS - {"send", "writ"} or not re.search(r"\b(?:an?|the)\s+\w+.*", text)
        else ""
    )


def person_of(wish: Wish) -> tuple[str, ...]:
    return tuple(
        stem(w)
        for w in raw_tokens(_target(wish))
        if (w not in STOP or w in _ME) and w not in PRONOUNS and w not in ("email", "message", "mail")
    )


def _prose(work: Work, scope: Scope, known: Known, wish: Wish, words: tuple[str, ...]) -> str:
    quoted = re.search(r'"([^"]+)"', _without_place(wish.words))
    said = _SAID.search(wish.words)
    asked = re.search(r"\basking (?:them |him |her )?(for .+)$", wish.words, re.I)
    if wish.verb.lower() == "ask":
        asked = re.search(r"\b(for .+?)(?: (?:by|via|per) (?:email|mail|sms)\b.*)?$", wish.words, re.I)
    answered = web.answer(scope, wish.words) if known.sends and not quoted and not said else None
    if answered is not None and words[-1] in _LONG_PROSE:
        return answered
    spoken = quoted[1] if quoted else said["said"] if said else f"May we ask you {asked[1]}?" if asked else ""
    if not known.sends:
        about = prose.label(scope)
        text = spoken or f"{wish.verb} {wish.words}".strip().rstrip(".")
        outcome = _last_read(work, scope, wish.words) if _FOUND.search(wish.words) else []
        lines: tuple[str, ...] | list[str] = (
            () if quoted else outcome or mentioned(wish.words, scope) or _last_read(work, scope, wish.words)
        )
        if lines and (words[-1] in _LONG_PROSE or not _has_long(known)):
            return template(f"{prose.in_full(text, about)}\n\n" + "\n".join(lines))
        return template(prose.in_full(text, about))
    who = set() if "@" in wish.words else set(person_of(wish))
    concerned = {w for _, p in scope.places() if p.leaf == ("email",) for w in p.words}
    personal = takes_address(known) and (bool(who & concerned) or (not who and not wish.branch))
    matter = re.match(
        r"^(?:.{0,30}? )?an? ([\w ]{3,30}?)(?: to | by | via | on | email| mail| message|$)", wish.words, re.I
    )
    told = f"{wish.verb} {wish.words}"
    if not (said or who or work.effects or wish.branch):
        told += " it"
    facts = (
        () if quoted else tuple(mentioned(wish.words, scope, frozenset(who)) or _last_read(work, scope, told))
    )
    if not facts and not (quoted or spoken or personal or matter):
        # "Tell the room": of what was found last, or it would say nothing.
        facts = tuple(_last_read(work, scope, "result"))
    telling = prose.Telling(
        spoken, personal, wish.branch, facts=facts, matter=matter[1].strip() if matter and not spoken else ""
    )
    if words[-1] in _SHORT_PROSE:
        return prose.subject(work, scope, telling)
    return prose.body(work, scope, telling)


_OUTCOME = re.compile(
    r"\b(?:outcome|results?|findings?|answers?|numbers?|it|that|what (?:it|they|that [\w ]+|was) (?:found|said"
    r"|says?)|facts|list|"
    r"reported|report|summary|overview)\b",
    re.I,
)


_FOUND = re.compile(r"\b(?:outcome|results?|findings?|verdict)\b", re.I)


_PLACES = "channel|room|chat|zone|board|group|terminal"


def _without_place(words: str) -> str:
    """The words without a channel or room that is named in quotes."""
    words = re.sub(rf'\b({_PLACES})\s+"[^"]*"', r"\1", words, flags=re.I)
    return re.sub(rf'"[^"]*" ({_PLACES})\b', r"\1", words, flags=re.I)


def _has_long(known: Known) -> bool:
    return any(name_stems(n)[-1] in _LONG_PROSE for n in properties(known.tool.input_schema))


def _last_read(work: Work, scope: Scope, words: str) -> list[str]:
    """The plain values of what was read last, where the words speak of an outcome."""
    if not _OUTCOME.search(words):
        return []
    steps = [
        t for t in scope.things if t.step and not t.noun.startswith("item:") and t.name not in work.looked
    ]
    if not steps:
        return []
    newest = steps[-1]
    places = [
        p for p in all_places(newest.name, newest.words, newest.schema, depth=1) if p.path != newest.name
    ]
    listed = next((p for p in places if p.sort == "array"), None)
    if listed is not None and not any(p.leaf == ("id",) for p in places):
        return [joined(listed)]
    return [line(p) for p in places if p.sort in ("string", "number", "integer", "boolean")][:5]


def _key(scope: Scope, step_id: str) -> str:
    found = scope.identity()
    return f'"{step_id.replace("_", "-")}-${{{found[1].path}}}"' if found else ""


def _effect_verb(known: Known, wish: Wish) -> str:
    plain_verb = wish.verb.lower()
    return (
        plain_verb
        if plain_verb and plain_verb not in ("do", "make", "process", "perform")
        else next(
            (w for w in raw_tokens(known.tool.name) if stem(w) == known.verb), raw_tokens(known.tool.name)[-1]
        )
    )


def _effect_noun(known: Known) -> str:
    return " ".join(map(singular, known.noun)) or raw_tokens(known.tool.name)[0]
