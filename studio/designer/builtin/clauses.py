"""From a request to intents: sentences, clauses, and what governs them (if, for each, at the same time)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from studio.designer.builtin import looping, patterns
from studio.designer.builtin.amounts import DURATION, duration_text
from studio.designer.builtin.asking import read_shape
from studio.designer.builtin.conditions import bare_test, read_test
from studio.designer.builtin.given import without_typed_in
from studio.designer.builtin.lines import Line, lines_of
from studio.designer.builtin.mishaps import folded, read_mishap, read_terms
from studio.designer.builtin.normal import plainly
from studio.designer.builtin.phrasing import rephrased
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.reading import (
    Act,
    Answer,
    Ask,
    Both,
    Check,
    Compare,
    CompareTo,
    Contains,
    Each,
    Empty,
    Enough,
    Is,
    Item,
    Pause,
    Reading,
    Same,
    Test,
    Together,
    Trouble,
    Unclear,
    When,
)
from studio.designer.builtin.repeating import after_repeats, read_await, read_repeat
from studio.designer.builtin.saying import with_inputs, with_plain_notes
from studio.designer.builtin.setting_off import set_off
from studio.designer.builtin.shorthand import spelled_out
from studio.designer.builtin.spelling import mended
from studio.designer.builtin.starting import (
    Happening,
    Hook,
    Occasion,
    Start,
    is_sent_along,
    read_happening,
    read_hook,
    read_schedule,
    without_then,
)
from studio.designer.builtin.thoughts import read_thought
from studio.designer.builtin.tiers import in_the_end, in_tiers
from studio.designer.builtin.verbs import looks_like_action, passive, starts_with_verb
from studio.designer.builtin.words import READ_VERBS, likeness, raw_tokens, stem, stems
from studio.designer.builtin.yes_order import needing_a_yes, other_asked, yes_in_front
from studio.designer.builtin.yeses import with_plain_yeses


def read_request(request: str, verbs: frozenset[str], names: Iterable[str] = ()) -> Reading:
    """The intents of a request. ``verbs`` are stems of words that may begin a clause, ``names`` what the catalog calls
    things: slips of the pen are put right by them."""
    return _Reader(verbs, names).read(request)


class _Reader:
    def __init__(self, verbs: frozenset[str], names: Iterable[str]) -> None:
        self.verbs = verbs
        self.names = tuple(names)
        self.occasion = ""
        self.start: Start | None = None
        self.quotes: list[str] = []
        self.asked = False
        self.heading = ""

    def read(self, request: str) -> Reading:
        request = without_typed_in(with_inputs(without_shown(request)))
        text = re.sub(r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]', self._keep, request.strip()).replace("’", "'")
        text = re.sub(r"\be-mail", "email", text, flags=re.I)
        text = mended(text, self.names)
        if (set_it := set_off(text, self.verbs)) is not None:
            self.start, text = set_it.start, set_it.rest
            self.occasion = set_it.start.words if isinstance(set_it.start, Happening) else ""
        text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
        text = re.sub(r"(?<=\d)\.(?=\d{3}(?: ?(?:€|eur|euros?)\b| ?€))", "", text, flags=re.I)
        text = re.sub(
            r"\bdrop (them|him|her|the \w+) a (?:line|note|mail|message)\b", r"message \1", text, flags=re.I
        )
        text = re.sub(r"\balso (?=\w)", "", text, flags=re.I)
        text = re.sub(r"\breviews? and approves?\b", "approve", text, flags=re.I)
        text = patterns.AND_ASK_FOR.sub(r"\1 asking for", text)
        name = ""
        if match := patterns.PREFACE.match(text):
            name, text = match["name"] or "", text[match.end() :]
        about = _ABOUT.match(text)
        text = plainly(
            spelled_out(with_plain_yeses(with_plain_notes(rephrased(text))), self.verbs), self.verbs
        )
        self.asked = bool(_SPEAKS_OF_A_YES.search(text))
        items = yes_in_front(folded(in_tiers(after_repeats(self._lines(lines_of(text))))))
        return Reading(
            items,
            self._words(self.occasion),
            self.start,
            name,
            about[1] if about else self.heading,
            self.heading,
        )

    def _lines(self, lines: list[Line]) -> list[Item]:
        """The intents of lines that stand below each other; what is listed below one belongs into it."""
        items: list[Item] = []
        open_loop: Each | None = None
        for index, line in enumerate(lines):
            sentence = line.text
            ends_loop = bool(patterns.END_OF_LOOP.match(sentence))
            if ends_loop:
                sentence = patterns.END_OF_LOOP.sub("", sentence).strip(" ,")
            inner = self._lines(line.inner) if line.inner else []
            if open_loop is not None and (limit := looping.only_limit(sentence)) is not None:
                open_loop = replace(open_loop, concurrency=limit)
                items[-1] = open_loop
                continue
            if open_loop is not None and not ends_loop:
                body = list(open_loop.items)
                sentence, limit = looping.without_limit(sentence)
                open_loop = replace(open_loop, concurrency=limit or open_loop.concurrency)
                self._add(body, sentence, first=False)
                _into(body, inner)
                open_loop = replace(open_loop, items=tuple(body))
                items[-1] = open_loop
                continue
            open_loop = None
            if index == 0 and len(lines) > 1 and _HEADING.match(sentence):
                self.heading = sentence
                self.occasion = ""
                continue
            if (stated := self._stated(sentence, first=index == 0)) is not None:
                sentence = stated
                if not sentence:
                    items.extend(inner)
                    continue
            if inner and (opened := self._opening(sentence, inner)):
                items.append(opened)
                continue
            self._add(items, sentence, first=index == 0)
            _into(items, inner)
            if items and isinstance(items[-1], Each) and not inner:
                open_loop = items[-1]
        return items

    def _stated(self, sentence: str, *, first: bool) -> str | None:
        """What is left of a sentence that only says what there is ("a lead comes in"); None for any other."""
        if read_hook(sentence) is not None:
            return None
        told = re.match(r"^(?P<head>[^,:]{3,60}?)(?P<end>:\s+|,\s+(?:then\s+)?)(?P<rest>.+)$", sentence)
        if told and first and not patterns.IF.match(sentence) and self._is_news(told["head"]):
            self._happens(told["head"])
            return told["rest"]
        if first and not patterns.IF.match(sentence) and self._is_news(sentence):
            self._happens(sentence)
            return ""
        if _GIVEN.match(sentence):
            return ""
        if (match := _LABEL.match(sentence)) and not patterns.IF.match(sentence):
            head, rest = match["head"].strip(), match["rest"].strip()
            if _ELSE_LABEL.match(head):
                return f"otherwise, {rest}"
            if not patterns.EACH.match(head) and not starts_with_verb(head, self.verbs) and bare_test(head):
                return f"if it is {head}, {rest}" if bare_test(head) == "bare" else f"if {head}, {rest}"
        return None

    def _is_news(self, text: str) -> bool:
        """Whether a text tells that something happened, and asks for nothing."""
        told = re.match(
            r"^(?:an?|some|our|the|any|somebody|someone|one of our) (?:[\w\-]+ ){0,2}?[\w\-]+ (?:writes|asks"
            r"|wants|complains|"
            r"calls|requests|applies|reports|tells|says|comes|arrives|orders|buys|registers|signs up|hands in"
            r"|sends us)\b",
            text,
            re.I,
        )
        return bool(told) or (read_happening(text) is not None and not starts_with_verb(text, self.verbs))

    def _opening(self, sentence: str, inner: list[Item]) -> Item | None:
        """A line that governs all that is listed below it: "for each order:", "if it is late:"."""
        if match := patterns.EACH.match(sentence):
            noun, limit = looping.without_limit(match["rest"])
            return Each(noun.strip(" ,("), tuple(inner), limit, self._words(sentence))
        if (match := patterns.IF.match(sentence)) and (test := read_test(match["rest"])):
            test = negate(test) if match["w"].lower() == "unless" else test
            return When(test, tuple(inner), (), self._words(sentence))
        return None

    def _keep(self, match: re.Match[str]) -> str:
        self.quotes.append(match[1] or match[2] or "")
        return f"quoted{len(self.quotes) - 1}text"

    def _words(self, text: str) -> str:
        return re.sub(r"quoted(\d+)text", lambda m: f'"{self.quotes[int(m[1])]}"', text).strip(" ,;:.")

    def _started(self, sentence: str) -> str:
        """What is left of a sentence when what sets the workflow off is taken from it."""
        if self.start is None:
            if found := read_schedule(sentence):
                self.start, sentence = found
            elif hooked := read_hook(sentence):
                self.start, sentence = hooked
                return without_then(sentence)
        elif isinstance(self.start, Hook | Happening):
            if is_sent_along(sentence):
                return ""
            sentence = without_then(sentence)
        return sentence

    # ---- sentences -----------------------------------------------------------------------------------

    def _add(self, items: list[Item], sentence: str, *, first: bool) -> None:
        """Read one sentence and put what it says behind (or into the last of) ``items``."""
        sentence = self._started(sentence)
        if not sentence:
            return
        if self._inserted(items, sentence):
            return
        if match := re.match(
            r"^(?:at the same time|in parallel|meanwhile|simultaneously),?\s+(.+)$", sentence, re.I
        ):
            added = self._sentence(match[1] if items else sentence, first=False)
            if items and isinstance(items[-1], Act):
                items[-1:] = [Together((items[-1], *added), self._words(sentence))]
            else:
                items.extend(added)
            return
        sentence = patterns.POLITE.sub("", sentence) if not patterns.IF.match(sentence) else sentence
        if match := patterns.ELSE.match(sentence):
            rest = self._sentence(match["rest"], first=False)
            last = items[-1] if items else None
            if (
                isinstance(last, When)
                and last.then
                and isinstance(last.then[-1], Check)
                and re.match(r"if\b", sentence, re.I)
            ):
                answer = When(Same(negated=True), tuple(rest), (), self._words(sentence))
                items[-1] = replace(last, then=(*last.then, answer))
            elif (
                items
                and isinstance(items[-1], When)
                and (whole := in_the_end(items, other_asked(items[-1].then, match["rest"], tuple(rest))))
                is not None
            ):
                items[:] = whole
            else:
                items.append(When(Same(negated=True), tuple(rest), (), self._words(sentence)))
            return
        items.extend(self._sentence(sentence, first=first))

    def _inserted(self, items: list[Item], sentence: str) -> bool:
        """ "Before the e-mail, look again", "the stage is set right after the mail": put where it is said to be."""
        for pattern, behind in ((_BEFORE_THAT, 0), (_AFTER_THAT, 1)):
            match = pattern.match(sentence)
            if match is None:
                continue
            said = set(stems(match["x"]))
            for index in range(len(items) - 1, -1, -1):
                item = items[index]
                if (
                    isinstance(item, Act)
                    and said
                    and all(any(likeness(s, stem(w)) for w in raw_tokens(item.words)) for s in said)
                ):
                    found = self._sentence(match["y"], first=False)
                    items[index + behind : index + behind] = found
                    return bool(found)
        return False

    def _sentence(self, sentence: str, *, first: bool) -> list[Item]:
        sentence = sentence.strip(" ,;:")
        if not sentence:
            return []
        if patterns.IF.match(sentence):
            found = self._conditional(sentence, first=first)
            if found is not None:
                return found
        if match := re.match(r"^(?:before|prior to) (?P<x>\w+ing\b[^,]*), (?P<y>.+)$", sentence, re.I):
            return [*self._sentence(match["y"], first=False), *self._aside(match["x"])]
        if match := re.match(r"^(?:after|once|following) (?P<x>[^,]+), (?P<y>.+)$", sentence, re.I):
            if duration := re.fullmatch(DURATION, match["x"], re.I):
                pause = Pause(duration_text(duration["dnum"], duration["dunit"]), match["x"])
                return [pause, *self._sentence(match["y"], first=False)]
            return [*self._aside(match["x"]), *self._sentence(match["y"], first=False)]
        if match := re.match(r"^(?:on|upon) (?P<x>an? [^,]+), (?P<y>.+)$", sentence, re.I):
            self._happens(match["x"])
            return self._sentence(match["y"], first=False)
        if (
            match := re.match(
                r"^(?P<a>.+?),?\s+(?:and|then|and then),?\s+(?P<b>for (?:each|every"
                r"|all)(?: single)?(?: one)?(?: of (?:them|these|those))?\b.+)$",
                sentence,
                re.I,
            )
        ) and starts_with_verb(match["a"], self.verbs):
            return [*self._sentence(match["a"], first=False), *self._sentence(match["b"], first=False)]
        sentence = looping.as_each(sentence, self.verbs)
        if (match := patterns.EACH.match(sentence)) and (found := self._each(match["rest"], sentence)):
            return found
        if match := re.match(
            r"^(?P<act>.+?) for (?:each|every) (?:of the )?(?P<noun>[\w\- ]+)$", sentence, re.I
        ):
            noun, limit = looping.without_limit(match["noun"])
            body, other_limit = looping.without_limit(match["act"])
            told = self._clauses(body)
            if len(told) > 1 and looping.stands_for_all(noun):
                # "look for reviews and open a ticket for each one": only the last is done for each.
                return [*told[:-1], Each(noun, (told[-1],), limit or other_limit, self._words(sentence))]
            return [Each(noun, tuple(told), limit or other_limit, self._words(sentence))]
        if patterns.TOGETHER.search(sentence):
            told = [part for part in patterns.THEN.split(sentence) if part.strip()]
            if len(told) > 1:
                return [one for part in told for one in self._sentence(part, first=False)]
            said = re.sub(
                r"\bboth (?=(?:the|its|their|his|her|an?)\b)",
                "",
                patterns.TOGETHER.sub(" ", sentence),
                flags=re.I,
            )
            parts = self._clauses(said.strip())
            if parts and isinstance(parts[-1], When) and len(parts[-1].then) > 1:
                inner = Together(parts[-1].then, self._words(sentence))
                return [*parts[:-1], replace(parts[-1], then=(inner,))]
            if len(parts) > 1:
                return [Together(tuple(parts), self._words(sentence))]
            return parts
        if match := re.match(
            r"^(?P<head>.+?)[,;]?\s+(?:otherwise|or else|else)\b,?\s+(?P<tail>.+)$", sentence, re.I
        ):
            head = self._sentence(match["head"], first=False)
            tail = tuple(self._sentence(match["tail"], first=False))
            if head and isinstance(head[-1], When) and not head[-1].other:
                tail = other_asked(head[-1].then, match["tail"], tail)
                return [*head[:-1], replace(head[-1], other=tail)]
            return [*head, When(Same(negated=True), tail, (), self._words(sentence))]
        return self._clauses(sentence)

    def _happens(self, head: str) -> None:
        """What sets the workflow off, in words; an event where it is one."""
        self.occasion = self.occasion or head
        if self.start is None:
            self.start = read_happening(head) or Occasion(head)

    def _aside(self, text: str) -> list[Item]:
        words = raw_tokens(text)
        if words and starts_with_verb(text, self.verbs):
            return [
                Act(
                    self._words(text),
                    words[0],
                    self._words(text.split(None, 1)[1] if " " in text else ""),
                    aside=True,
                )
            ]
        return []

    def _conditional(self, sentence: str, *, first: bool) -> list[Item] | None:
        match = patterns.IF.match(sentence)
        assert match is not None
        word, rest = match["w"].lower(), match["rest"]
        rest = self._down(rest)
        if word != "unless" and (mishap := read_mishap(rest, asked=self.asked)):
            kind, what, tail, on = mishap
            items = tuple(self._sentence(tail, first=False)) if tail else ()
            if kind == "silent" and not items and re.match(r"^(?:the |our |an? )?[\w ]{2,30}$", tail):
                items = (Ask(tail, tail.lower()),)
            if kind == "fails":
                return [Trouble(what, items, on, self._words(sentence))]
            return [Answer(kind, what, items, self._words(sentence))]
        happening = word in ("when", "whenever", "once", "as soon as", "every time", "each time")
        if (
            first
            and happening
            and (
                re.match(r"^(?:an?|someone|somebody|any|new|the customer|customers)\b", rest, re.I)
                or read_happening(re.split(r"[,:]", rest)[0])
            )
        ):
            head, _, tail = rest.partition(",")
            if not tail and (
                told := re.match(
                    r"^(the event [\w.\-]+ (?:occurs|happens|comes(?: in)?|arrives"
                    r"|fires|is \w+)) (.+)$",
                    rest,
                    re.I,
                )
            ):
                head, tail = told[1], told[2]
            for cut, skip in [] if tail else _cuts(rest, self.verbs):
                if read_happening(rest[:cut].strip(" ,")):
                    head, tail = rest[:cut].strip(" ,"), rest[cut + skip :]
                    break
            if not tail and (colon := re.match(r"^([^:]+):\s+(.+)$", rest)):
                head, tail = colon[1], colon[2]
            if tail:
                self._happens(head)
                return self._sentence(patterns.POLITE.sub("", tail.strip()), first=False)
        for cut, skip in _cuts(rest, self.verbs):
            left, right = rest[:cut].strip(" ,"), rest[cut + skip :].strip(" ,")
            right = re.sub(r"^(?:then|and then|please)\s+", "", right, flags=re.I)
            test = read_test(left)
            if test is None or not right:
                continue
            return [self._when(word, test, right, sentence)]
        head, _, tail = rest.partition(",")
        if tail and happening:
            if re.search(
                r"\b(?:approves?|approved|agrees?|confirms?|signs? off|done|finished|ready)\b", head
            ):
                return self._sentence(tail.strip(), first=False)
            if first and not self.occasion:
                self._happens(head)
                return self._sentence(tail.strip(), first=False)
        if tail and re.search(r"\b(?:approves?|agrees?|confirms?|signs? off)\b", head):
            return self._sentence(tail.strip(), first=False)
        if tail:
            inner = self._sentence(tail.strip(), first=False)
            what = self._words(f"{word} {head}")
            return [Unclear(what, f"I did not understand the condition {what!r}."), *inner]
        return None

    def _down(self, rest: str) -> str:
        """ "the carrier is down" as a failure, where that is what is called; a service that is watched is not."""
        match = _IS_DOWN.match(rest)
        if match is None or match["what"].lower() in _WATCHED or match["what"].lower() not in self.names:
            return rest
        return f"{match['what']} fails{match['tail']}"

    def _when(self, word: str, test: Test, right: str, sentence: str) -> When:
        other: tuple[Item, ...] = ()
        match = re.match(
            r"^(?P<head>.+?)[,;]?\s+(?:otherwise|or else|else|if not)\b,?\s+(?P<tail>.+)$", right, re.I
        )
        if match:
            right, other = match["head"], tuple(self._sentence(match["tail"], first=False))
        then = tuple(self._sentence(right, first=False))
        if match:
            other = other_asked(then, match["tail"], other)
        if word == "unless":
            if other:
                then, other = other, then
            else:
                test = negate(test)
        return When(test, then, other, self._words(sentence))

    def _each(self, rest: str, sentence: str) -> list[Item] | None:
        said, limit = looping.without_limit(rest)
        halves = looping.split_each(said, self.verbs)
        if halves is None:
            return None
        body = patterns.POLITE.sub("", halves[1].strip(" ,"))
        items = tuple(self._sentence(body, first=False)) if body else ()
        return [Each(halves[0], items, limit, self._words(sentence))] if items else None

    # ---- clauses -------------------------------------------------------------------------------------

    def _clauses(self, sentence: str) -> list[Item]:
        found: list[Item] = []
        for part in patterns.THEN.split(sentence):
            pieces = list(_pieces(part, self.verbs))
            for index, piece in enumerate(pieces):
                if patterns.IF.match(piece) and index > 0:
                    rest = ", ".join(pieces[index:])
                    inner = self._conditional(rest, first=False)
                    if inner is not None:
                        found.extend(inner)
                        break
                found.extend(self._clause(piece))
        return found

    def _those_that(self, text: str) -> list[Item] | None:
        """ "decline those that take longer than 20 days" as a condition on each."""
        told = looping.those_that(text)
        if told is None or stem(told[0].lower()) in READ_VERBS or not starts_with_verb(told[0], self.verbs):
            return None
        verb, rest = told
        for cut in looping.cuts_of(rest):
            for said in (f"they {rest[:cut]}", f"they are {rest[:cut]}"):
                if (test := read_test(said)) is not None:
                    deed = f"{verb} it{rest[cut:]}"
                    return [When(test, tuple(self._clause(deed)), (), self._words(text))]
        return None

    def _clause(self, text: str) -> list[Item]:
        text = patterns.POLITE.sub("", text.strip(" ,;:.")).strip()
        if not text:
            return []
        if match := re.match(r"^(?P<y>.+?),? (?:before|prior to) (?P<x>\w+ing\b.*)$", text, re.I):
            return [*self._clause(match["y"]), *self._aside(match["x"])]
        if (
            match := re.match(r"^(?P<y>.+?),? (?:after|once|as soon as) (?P<x>.+)$", text, re.I)
        ) and isinstance(gate := read_shape(match["x"]), Ask):
            return [gate, *self._clause(match["y"])]
        if (some := self._those_that(text)) is not None:
            return some
        if (loop := read_repeat(text, self._clause)) is not None:
            return loop
        if (amends := read_terms(text)) is not None:
            return [amends]
        if (event := read_await(text)) is not None:
            return [event]
        if (thought := read_thought(text)) is not None:
            return [thought]
        shape = read_shape(text)
        self.asked = self.asked or isinstance(shape, Ask)
        if (
            isinstance(shape, Ask)
            and (limit := patterns.LIMIT.search(text))
            and (test := read_test(f"it is {limit[0]}"))
        ):
            return [When(test, (shape,), (), self._words(text))]
        if shape is not None:
            return [shape]
        check = patterns.CHECK.match(text)
        if (match := patterns.TRAILING_IF.match(text)) and not (check and check["c"]):
            gate = read_shape(match["test"])
            if isinstance(gate, Ask):
                return [gate, *self._clause(match["act"])]
            test = read_test(match["test"])
            if test is not None:
                test = negate(test) if match["w"].lower() == "unless" else test
                return [When(test, tuple(self._clause(match["act"])), (), self._words(text))]
        if match := re.match(r"^(?P<y>.+?),? (?:before|prior to) (?P<x>\w+ing\b.*)$", text, re.I):
            return [*self._clause(match["y"]), *self._aside(match["x"])]
        if check:
            rest = self._words(check["rest"])
            return [
                Check(self._words(text), check["v"].lower(), read_test(check["rest"]) if rest else None, rest)
            ]
        if match := re.match(r"^let (?P<who>.+?) know\b\s*(?P<rest>.*)$", text, re.I):
            return [Act(self._words(text), "notify", self._words(f"{match['who']} {match['rest']}"))]
        if starts_with_verb(text, self.verbs):
            verb, _, rest = text.partition(" ")
            both = patterns.TWO_THINGS.match(rest) if stem(verb.lower()) in READ_VERBS else None
            things = (both["one"], both["two"]) if both else (rest,)
            return [Act(self._words(f"{verb} {thing}"), verb.lower(), self._words(thing)) for thing in things]
        if voice := passive(text, self.verbs):
            return [Act(self._words(text), voice[0].lower(), self._words(voice[1]))]
        if match := re.match(
            r"^(?:the )?(?P<who>[\w ]{2,30}?) (?:gets|receives|should get|should receive|must get) (?P<what>.+)$",
            text,
            re.I,
        ):
            return [Act(self._words(text), "send", self._words(f"{match['what']} to {match['who']}"))]
        if looks_like_action(text):
            verb, _, rest = text.partition(" ")
            return [Act(self._words(text), verb.lower(), self._words(rest), known=False)]
        return needing_a_yes(text, self._words) or [
            Act(self._words(text), "", self._words(text), known=False)
        ]


_BEFORE_THAT = re.compile(
    r"^(?:but |and )?(?:before|prior to) (?:the |that |this |our )?(?P<x>[\w\-]+(?: (?!please)\w+)?)(?:,| please,?"
    r"| (?=check|get|look|ask|wait))\s*"
    r"(?:please )?(?P<y>.+)$",
    re.I,
)
_AFTER_THAT = re.compile(
    r"^(?:and |but )?(?P<y>.+?),? (?:right |directly |immediately |just |straight )?after (?:the |that "
    r"|this )?(?P<x>[\w\-]+)"
    r"(?: (?:went out|goes out|went|goes|(?:was|is|has been|have been) \w+))?$",
    re.I,
)
_IS_DOWN = re.compile(
    r"^(?:the |our )?(?P<what>[\w]+)(?: system| service| api| server)? (?:is|are|was) (?:currently "
    r"|just )?(?:down|unavailable|"
    r"not available|unreachable|not reachable|offline|out of order|not working|broken)\b(?P<tail>.*)$",
    re.IGNORECASE,
)
_WATCHED = frozenset(
    ["service", "host", "site", "system", "server", "application", "app", "machine", "website"]
)
_SPEAKS_OF_A_YES = re.compile(
    r"\b(?:approv\w*|sign(?:s|ed)?[ -]?off|permission|authori[sz]\w*|consent|agree[sd]?|confirm\w*|okay|ok"
    r"|go-ahead|decides?)\b",
    re.I,
)
_ABOUT = re.compile(
    r"(?:for|given) (?:a|an|one|the|any|this|each)(?: given| single| certain| particular| specific)? "
    r"([\w \-]{2,30}):\s",
    re.I,
)
_GIVEN = re.compile(
    r"^(?:take|type in|enter|give|accept|get|start with|use|receive|input)s? (?:in )?(?:the |an? |its )?[\w ]{0,25}?"
    r"(?:ids?|numbers?|names?|codes?|skus?|keys?)(?: as (?:the )?input)?$|^(?:the )?[\w ]{2,25} (?:id|number"
    r"|name|code) "
    r"(?:comes in|is given|is entered|as input)$",
    re.I,
)
_HEADING = re.compile(
    r"^(?:(?:a|an|the|new) )?(?:quote|refund|payment|order|request|approval|report|invoice|discount|offer"
    r"|transfer|return"
    r"|booking|purchase|leave|absence|claim|review|ticket|credit)s? (?:for|of) (?:an? |the |our )?\w+(?: \w+){0,2}$",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?P<head>[^:,]{2,60}):\s+(?P<rest>.+)$")
_ELSE_LABEL = re.compile(
    r"^(?:otherwise|else|if not|or else|everything else|all others?|anything else|the rest|in all other cases|"
    r"(?:less|more|under|over|above|below|fewer|cheaper|higher|lower|smaller|bigger|shorter|longer)(?: than)?"
    r" (?:that|this|it)|"
    r"(?:below|under|above|over) (?:that|this|it)|up to (?:that|this)|no|not so)$",
    re.I,
)


def negate(test: Test) -> Test:
    opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
    match test:
        case Compare() | CompareTo():
            return replace(test, op=opposite[test.op])  # type: ignore[arg-type]
        case Both(op, left, right):
            return Both("||" if op == "&&" else "&&", negate(left), negate(right))
        case Is() | Empty() | Enough() | Contains() | Same():
            return replace(test, negated=not test.negated)


def _into(items: list[Item], inner: list[Item]) -> None:
    """Put what is listed below a line into what the line says."""
    last = items[-1] if items and inner else None
    match last:
        case When() if not last.other:
            items[-1] = replace(last, then=(*last.then, *inner))
        case When():
            items[-1] = replace(last, other=(*last.other, *inner))
        case Each():
            items[-1] = replace(last, items=(*last.items, *inner))
        case _:
            items.extend(inner)


def _pieces(text: str, verbs: frozenset[str]) -> list[str]:
    """Split at "and"/commas, but only where a new clause begins."""
    pieces, start = [], 0
    for match in re.finditer(r",\s+and\s+|,\s+but\s+|,\s+|\s+and\s+|\s+but\s+", text, re.I):
        behind = text[match.end() :]
        opens = starts_with_verb(patterns.POLITE.sub("", behind), verbs, lone=False) or (
            patterns.IF.match(behind) and "," not in behind[:3]
        )
        subject = re.match(
            r"^(?:the|an?|its|their|his|her|our) [\w\- ]{1,40} (?:must|has to|should|needs to|approves|is|are|gets?"
            r"|receives?)\b",
            behind,
            re.I,
        )
        if (
            opens or subject or looks_like_action(behind) or read_shape(behind) or read_terms(behind)
        ) and match.start() >= start:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def _cuts(text: str, verbs: frozenset[str]) -> list[tuple[int, int]]:
    """Where a condition may end and its consequence begin, best guess first: (offset, characters to skip)."""
    cuts = [(m.start(), len(m[0])) for m in re.finditer(r",\s*(?:then\s+)?|\s+then\s+|:\s+", text, re.I)]
    for match in re.finditer(r"(?<=\s)\S", text):
        behind = text[match.start() :]
        if re.search(
            r"\b(?:is|are|was|were|be|been|not|has|have)\s+(?:(?:still|already|again|really)\s+)?$",
            text[: match.start()],
            re.I,
        ):
            continue
        if starts_with_verb(behind, verbs, lone=False) or re.match(
            r"(?:the|an?|our)\s+[\w ]{2,30}?\s(?:must|has to|should|needs to|approves)\b", behind
        ):
            cuts.append((match.start(), 0))
    return sorted(cuts)
