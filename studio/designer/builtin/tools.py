"""Which tool does what a clause says: a BM25-like score over names, descriptions and schemas, and the verb's sense.

The score is explainable: every word of the clause earns the weight of the best field it is found in, rarer words
more, synonyms less; then the verb must agree. A clause whose verb and object are both foreign to every tool matches
none: better to say "I found no tool" than to call the wrong one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from dsl.catalog import Catalog, Schema, Tool
from studio.designer.builtin.anatomy import anatomy, callable_name, description_verb
from studio.designer.builtin.shapes import choices, item_schema, places, properties, required, sort_of
from studio.designer.builtin.words import (
    CHECK_VERBS,
    GENERIC_VERBS,
    LIST_VERBS,
    PRONOUNS,
    READ_VERBS,
    SEND_VERBS,
    STOP,
    likeness,
    name_stems,
    raw_tokens,
    singular,
    stem,
    stems,
    word_list,
)

_FIELDS = (
    ("name", 3.0),
    ("title", 2.0),
    ("connector", 1.6),
    ("choices", 1.4),
    ("description", 1.0),
    ("input", 0.7),
    ("output", 0.4),
)
_MESSAGE_FIELDS = frozenset(
    stem(word)
    for word in word_list(
        "to recipient recipients email body text message content channel subject html phone"
    )
)
_ROOMS = frozenset(map(stem, word_list("channel room board group zone screen terminal")))
"""Where a message is put, as arguments call it."""
_PROSE_FIELDS = frozenset(["message", "messag", "text", "body", "content", "html"])
_MESSAGES = frozenset(["messag", "email", "mail", "sms", "text", "chat", "slack", "post"])
_CHANNELS = {
    "email": frozenset({"email", "mail", "mailbox", "outbox", "smtp", "gmail", "inbox"}),
    "mail": frozenset({"email", "mail", "mailbox", "outbox", "smtp", "gmail", "inbox"}),
    "slack": frozenset({"slack", "chat", "channel"}),
    "sms": frozenset({"sms", "phone", "twilio"}),
    "text": frozenset({"sms", "phone", "twilio"}),
    "team": frozenset({"team", "chat"}),
}


_BY_CHANNEL = re.compile(
    r"\b(?:by|via|through) (?:e-?mail|mail|sms|text)\b|\b(?:on|via) slack\b", re.IGNORECASE
)


_UNDOING = frozenset(map(stem, ["recall", "reverse", "undo", "void", "revoke", "retract"]))


@dataclass(frozen=True, slots=True)
class Known:
    """A tool with its words, as the matcher sees it.

    ``name`` are the stems of its name in order; ``verb`` (a stem, "" for none) and ``noun`` (words) are what the name
    is made of; ``says`` is the stem of the verb that its description begins with, "" for none.
    """

    connector: str
    tool: Tool
    fields: dict[str, frozenset[str]]
    name: tuple[str, ...]
    verb: str
    noun: tuple[str, ...]
    says: str

    @property
    def id(self) -> str:
        return f"{self.connector}.{self.tool.name}"

    @property
    def head(self) -> str:
        """The stem of what it does: its verb, and "get" for a name without one that only reads."""
        return self.verb or self.says or ("get" if self.reads else "")

    @property
    def lists(self) -> bool:
        if not self.reads:
            return False
        return any(w in LIST_VERBS for w in (self.verb, self.says) if w) or self.gives_a_list

    @property
    def gives_a_list(self) -> bool:
        """Whether what it gives is a list of things and at most how many they are."""
        fields = [(sort_of(s), s) for s in properties(self.tool.output_schema or {}).values()]
        lists = [s for sort, s in fields if sort == "array" and properties(item_schema(s))]
        return len(lists) == 1 and all(sort in ("array", "integer") for sort, _ in fields)

    @property
    def phrase(self) -> str:
        """What it does in words: "get the order"."""
        verb = self.verb or ("get" if self.reads else self.says or "do")
        word = next((w for w in raw_tokens(self.tool.name) if stem(w) == verb), verb)
        return f"{word} {'the ' if self.noun else ''}{' '.join(self.noun)}".strip()

    @property
    def reads(self) -> bool:
        return self.tool.effect == "read"

    @property
    def sends(self) -> bool:
        return not self.reads and bool(_MESSAGE_FIELDS & self.fields["input"]) and self._speaks()

    def _speaks(self) -> bool:
        described, inputs = self.fields["description"], self.fields["input"]
        prose = bool(_PROSE_FIELDS & inputs)
        return (
            (prose and bool(_ROOMS & inputs))
            or bool({"send", "notify", "remind", "messag", "email", "sms"} & set(self.name))
            or (self.verb in SEND_VERBS and prose)
            or (self.says in ("send", "show", "email", "display") and bool(_MESSAGES & described) and prose)
            or (
                bool({"post", "writ"} & set(self.name))
                and bool(
                    {"messag", "chat", "slack", "channel"}
                    & (set(self.name) | self.fields["connector"] | inputs)
                )
            )
        )


@dataclass(frozen=True, slots=True)
class Match:
    known: Known
    score: float


class Toolbox:
    """The tools of one catalog, indexed once."""

    def __init__(self, catalog: Catalog) -> None:
        self.tools = tuple(
            _known(connector.name or alias, connector.title, _by_policy(catalog, alias, tool))
            for alias, connector in sorted(catalog.connectors.items())
            for tool in connector.tools.values()
            if writable(tool)
        )
        self.unwritable = tuple(
            f"{connector.name or alias}.{tool.name}"
            for alias, connector in sorted(catalog.connectors.items())
            for tool in connector.tools.values()
            if not writable(tool)
        )
        counts = Counter(word for known in self.tools for word in frozenset().union(*known.fields.values()))
        total = max(len(self.tools), 1)
        self._rarity = {word: math.log(1 + total / count) for word, count in counts.items()}
        self._default_rarity = math.log(1 + total)

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """What the catalog calls things: for telling a slip of the pen from a word."""
        found: set[str] = set()
        for known in self.tools:
            tool = known.tool
            found |= {known.connector, tool.name, tool.title, tool.description}
            for schema in (tool.input_schema, tool.output_schema or {}):
                found |= set(_names_in(schema))
        return tuple(sorted(found))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of all that the catalog speaks of."""
        return frozenset(stem(word) for name in self.vocabulary for word in raw_tokens(name))

    @cached_property
    def _fields(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        found: dict[str, tuple[str, ...]] = {}
        for known in self.tools:
            for schema in (known.tool.output_schema or {}, known.tool.input_schema):
                for place in places("", (), schema):
                    if (allowed := choices(place.schema)) and place.path:
                        found.setdefault(place.path.rpartition(".")[2], allowed)
        return tuple(found.items())

    def words_of_fields(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Fields that take one of a few words, with these words."""
        return self._fields

    def rank(self, verb: str, words: str, topic: tuple[str, ...] = ()) -> list[Match]:
        """Tools that could do "``verb`` ``words``", best first. ``topic`` are stems of what the talk is about."""
        sense = stem(verb.lower()) if verb else ""
        objects = tuple(s for s in stems(_outside_quotes(words)) if s not in PRONOUNS)
        head = head_noun(words)
        found = []
        if sense not in READ_VERBS and not any(_verb_agreement(sense, known) for known in self.tools):
            sense = stem("send") if _BY_CHANNEL.search(words) else sense
        if (
            sense == "ask"
            and re.search(r"\b(?:for|to|whether|if|why|what|when|how|about|that)\b", words)
            and not any("ask" in known.name for known in self.tools)
        ):
            # "Ask the customer for a review" is a message; questions to an approver are read before.
            sense = stem("message")
        if sense in GENERIC_VERBS and head and not any(head in map(stem, k.noun) for k in self.tools):
            # "perform the match" is to match.
            sense = next((head for k in self.tools if k.verb == head), sense)
        if sense == "open" and re.match(r"(?:the|its|his|her|their|that|this)\b", words, re.I):
            # "open the order" is to look at it, unless orders are what some tool opens.
            about = [k for k in self.tools if any(head == stem(singular(w)) for w in k.noun)]
            if any(k.reads for k in about) and not any("open" in (k.verb, k.says) for k in about):
                sense = "get"
        if sense and not any(_verb_agreement(sense, known) for known in self.tools):
            # "dispute it": to set it to what a tool calls "disputed".
            meant = next(
                (c for k in self.tools for c in _choices_in(k.tool.input_schema) if stem(c) == sense), None
            )
            if meant is not None:
                sense, objects = stem("set"), (*objects, stem(meant))
        to_channel = bool(re.search(r"(?:^|\s)#\w", words)) and any(known.sends for known in self.tools)
        if to_channel and sense not in SEND_VERBS:
            sense = stem("message")
        for known in self.tools:
            if to_channel and not known.sends:
                continue
            if _channel_excludes(verb, words, known):
                continue
            score = self._score(known, sense, objects, topic)
            if known.verb in _UNDOING and not _UNDOING & {sense, *objects}:
                # "pay the supplier" is no recall of a payment.
                score -= 2.0
                if score <= 0:
                    continue
            if score > 0:
                score += self._aim(known, head) + _said_choice(known, words)
                found.append(Match(known, max(score, 0.01)))
        singled = (
            re.match(r"(?:the|an?|that|this|its) (?!.*\b(?:all|each|every)\b)", words, re.I)
            and sense in READ_VERBS
        )
        if (
            singled
            and head
            and sense not in LIST_VERBS
            and singular(_last_of(words) or "") == _last_of(words)
        ):
            one = [
                m for m in found if m.known.reads and not m.known.lists and head in map(stem, m.known.noun)
            ]
            if one:
                found = [replace(m, score=max(m.score - 3.0, 0.01)) if m.known.lists else m for m in found]
        named = {m.known.id for m in found if sense and sense in m.known.name}
        if named and sense not in READ_VERBS | GENERIC_VERBS | SEND_VERBS:
            # "book the shipment" is no cancelling of a booked one, however much of it that tool speaks.
            found = [
                m
                if m.known.id in named or _verb_agreement(sense, m.known) > 0.35
                else Match(m.known, max(m.score - 3.0, 0.01))
                for m in found
            ]
        return sorted(found, key=lambda m: (-m.score, m.known.id))

    def ranked_by_words(self, words: str) -> list[Match]:
        """All tools that any word speaks of, best first: for choosing what a model is shown."""
        said = stems(words)
        scored = (Match(known, sum(self._earned(known, word)[0] for word in said)) for known in self.tools)
        return sorted((m for m in scored if m.score > 0), key=lambda m: (-m.score, m.known.id))

    def best(self, verb: str, words: str, topic: tuple[str, ...] = ()) -> Known | None:
        ranked = self.rank(verb, words, topic)
        return ranked[0].known if ranked else None

    def _aim(self, known: Known, head: str) -> float:
        """Whether the thing that is acted on is what the tool is about, when some tool is about it."""
        if not head or known.sends:
            return 0.0
        if not known.noun:
            return 2.0 if head in known.fields["description"] else 0.0
        like = max(likeness(head, stem(singular(word))) for word in known.noun)
        if like:
            last = likeness(head, stem(singular(known.noun[-1]))) if like == 1.0 else 0.0
            return 2.0 * like + 1.0 * last
        anyone = any(head == stem(singular(w)) for k in self.tools for w in k.noun)
        return -2.5 if anyone and head not in known.fields["choices"] else 0.0

    def _earned(self, known: Known, word: str) -> tuple[float, bool]:
        """What one word earns, and whether it names the tool (name, title or connector)."""
        best, naming = 0.0, False
        for name, weight in _FIELDS:
            like = max((likeness(word, other) for other in known.fields[name]), default=0.0)
            if like > 0:
                best = max(best, weight * like)
                naming = naming or name in ("name", "title", "connector", "choices")
        return best * self._rarity.get(word, self._default_rarity), naming

    def _score(self, known: Known, sense: str, objects: tuple[str, ...], topic: tuple[str, ...]) -> float:
        agreement = _verb_agreement(sense, known)
        earned = [self._earned(known, word) for word in objects]
        naming = any(named for value, named in earned if value)
        object_named = naming or not objects
        if sense in SEND_VERBS and known.sends:
            accepted = True
        elif agreement > 0:
            accepted = (
                object_named
                or (any(v for v, _ in earned) and agreement >= 0.55)
                or (not known.reads and _verb_in_name(sense, known))
            )
        else:
            accepted = naming and (sense in GENERIC_VERBS or not sense) and _share(earned) >= 0.5
        if not accepted:
            return 0.0
        score = (
            4.0 * agreement
            + sum(value for value, _ in earned)
            + 0.25 * sum(self._earned(known, t)[0] for t in topic)
        )
        asked = {sense, *objects}
        spare = [
            w for w in map(stem, known.noun) if not any(likeness(w, a) for a in asked) and w not in topic
        ]
        score -= 0.8 * len(spare)
        if (sense in READ_VERBS and not known.reads) or (sense not in READ_VERBS and sense and known.reads):
            score *= 0.5
        return score


def _choices_in(schema: Schema) -> Iterator[str]:
    """The words that an argument takes, where it must be one of a few: "note", "error_rate"."""
    for name, inner in properties(schema).items():
        if name in required(schema):
            yield from choices(inner)


def _names_in(schema: Schema) -> Iterator[str]:
    for name, inner in properties(schema).items():
        yield name
        yield from choices(inner)
        yield from _names_in(inner)
        yield from _names_in(item_schema(inner))


def head_noun(words: str) -> str:
    """The stem of the thing acted on: "the big order of the customer" -> "order"; "" when there is none."""
    text = re.split(
        r"\b(?:of|to|for|with|in|on|at|from|by|into|as|that|which|who|whether|if|when|about|via|and|so)\b|[,;:]",
        _outside_quotes(words).strip(),
        maxsplit=1,
        flags=re.IGNORECASE,
    )[0]
    tokens = [w for w in raw_tokens(text) if w not in STOP and w not in PRONOUNS]
    return stem(singular(tokens[-1])) if tokens else ""


def _last_of(words: str) -> str:
    """The word that `head_noun` is the stem of, as written."""
    told = next(iter(re.split(r"\b(?:of|to|for|with|in|on|at|from|by|and)\b|[,;:]", words, maxsplit=1)), "")
    tokens = [w for w in raw_tokens(told) if w not in STOP]
    return tokens[-1] if tokens else ""


def _said_choice(known: Known, words: str) -> float:
    """A word of two or more that a tool's argument takes, said as such: "the error rate"."""
    said = set(raw_tokens(words))
    chosen = [c for c in _choices_in(known.tool.input_schema) if len(raw_tokens(c)) > 1]
    return 4.0 if any(set(raw_tokens(c)) <= said for c in chosen) else 0.0


def _share(earned: list[tuple[float, bool]]) -> float:
    return sum(1 for value, _ in earned if value > 0) / len(earned) if earned else 0.0


def _verb_in_name(sense: str, known: Known) -> bool:
    return bool(sense) and sense in known.name


def _verb_agreement(sense: str, known: Known) -> float:
    """1.0 when the tool's name holds the verb, less for a related one, 0 when they have nothing in common."""
    if not sense:
        return 0.0
    best = 1.0 if sense in known.name else 0.0
    head = known.head
    if best and known.verb not in ("", sense) and known.verb not in GENERIC_VERBS:
        # "update_status_page" pages nobody.
        best = 0.7
    if head and head == sense:
        best = 1.0
    elif known.says == sense:
        best = max(best, 0.9)
    best = max(best, 0.8 * likeness(sense, head), 0.7 * likeness(sense, known.says))
    if not known.verb or known.verb in GENERIC_VERBS:
        # "process_refund", "server_status": what is done is told by the noun.
        best = max(best, 0.6 if any(likeness(sense, word) for word in known.name) else 0.0)
    if sense in SEND_VERBS and known.sends:
        best = max(best, 0.9)
    if sense in LIST_VERBS and head in LIST_VERBS:
        best = max(best, 0.9)
    if sense in READ_VERBS and sense not in CHECK_VERBS and head in READ_VERBS and head not in CHECK_VERBS:
        best = max(best, 0.7)
    if sense in CHECK_VERBS and head in CHECK_VERBS:
        best = max(best, 0.9)
    if sense in CHECK_VERBS and known.reads:
        best = max(best, 0.3)
    if not best and sense in known.fields["description"] and not known.reads:
        best = 0.3 if known.verb and known.verb not in GENERIC_VERBS else 0.5
    return best


def _channel_excludes(verb: str, words: str, known: Known) -> bool:
    if not known.sends:
        return False
    said = [w for w in raw_tokens(verb) if w in _CHANNELS]
    said += [
        m[1]
        for m in re.finditer(
            r"\b(?:on|via|by|in|over|through|an?|to) (?:the )?(email|mail|slack|sms|text)\b", words.lower()
        )
    ]
    if not said:
        return False
    own = set(known.name) | known.fields["connector"] | known.fields["title"] | known.fields["description"]
    own_raw = set(
        raw_tokens(f"{known.connector} {known.tool.name} {known.tool.title} {known.tool.description}")
    )
    return all(not (_CHANNELS[channel] & (own | own_raw)) for channel in said)


def _outside_quotes(words: str) -> str:
    return re.sub(r'"[^"]*"', " ", words)


def _by_policy(catalog: Catalog, connector: str, tool: Tool) -> Tool:
    """The tool with the effect that the account says it has, whatever its server says."""
    nature = catalog.nature(connector, tool.name)
    return tool.model_copy(
        update={"effect": "read" if nature.reads else "write", "idempotent": nature.idempotent}
    )


def _known(connector: str, title: str, tool: Tool) -> Known:
    parts = anatomy(tool.name, tool.description, reads=tool.effect == "read")
    outputs = " ".join(properties(tool.output_schema)) if tool.output_schema else ""
    fields = {
        "name": frozenset(name_stems(tool.name)),
        "title": frozenset(stems(tool.title)),
        "connector": frozenset(name_stems(connector)) | frozenset(stems(title)),
        "choices": frozenset(s for word in _choices_in(tool.input_schema) for s in stems(word)),
        "description": frozenset(stems(tool.description)),
        "input": frozenset(stems(" ".join(properties(tool.input_schema)))),
        "output": frozenset(stems(outputs)),
    }
    verb = stem(parts.verb) if parts.verb else ""
    return Known(
        connector, tool, fields, name_stems(tool.name), verb, parts.noun, description_verb(tool.description)
    )


def writable(tool: Tool) -> bool:
    """Whether a text can call a tool: its name and the arguments it needs can be written."""
    return callable_name(tool.name) and all(name.isidentifier() for name in required(tool.input_schema))
