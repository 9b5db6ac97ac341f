"""A request put together from its phrases: what each may be is scored, and the sentence is what they make together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from studio.designer.builtin import patterns
from studio.designer.builtin.amounts import NUMBER_WORDS, duration_text
from studio.designer.builtin.clauses import negate
from studio.designer.builtin.given import without_typed_in
from studio.designer.builtin.grounded.asked import deadline
from studio.designer.builtin.grounded.comparing import worded
from studio.designer.builtin.grounded.deeds import Deed
from studio.designer.builtin.grounded.knowing import Knowing, Part
from studio.designer.builtin.grounded.ordering import (
    asks_first,
    flat,
    otherwise,
    together,
    tools,
    yes_before,
)
from studio.designer.builtin.grounded.ordering import (
    into as put_into,
)
from studio.designer.builtin.grounded.phrases import as_cases, phrases_of, sentences_in
from studio.designer.builtin.grounded.signs import AT_MOST, DONE, EVERY, HAPPENS, LONG, SIDE, SOMEBODY, YESES
from studio.designer.builtin.grounded.sorting import Sorter
from studio.designer.builtin.grounded.turns import ENGLISH, unfolded
from studio.designer.builtin.lines import Line, lines_of
from studio.designer.builtin.looping import only_limit, without_limit
from studio.designer.builtin.mishaps import folded, read_terms
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.reading import (
    Act,
    Answer,
    Ask,
    Each,
    Item,
    Pause,
    Reading,
    Repeat,
    Together,
    Trouble,
    When,
)
from studio.designer.builtin.saying import with_inputs
from studio.designer.builtin.spelling import mended
from studio.designer.builtin.starting import (
    Happening,
    Hook,
    Start,
    is_sent_along,
    read_happening,
    read_hook,
    read_schedule,
    without_then,
)
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.verbs import starts_with_verb
from studio.designer.builtin.words import stem, stems


def read_grounded(
    request: str, toolbox: Toolbox, roles: frozenset[str] | None, topic: tuple[str, ...] = ()
) -> Reading:
    """The intents of a request, as far as the catalog can do something about them."""
    return _Story(toolbox, roles, topic).read(request)


class _Story:
    def __init__(self, toolbox: Toolbox, roles: frozenset[str] | None, topic: tuple[str, ...]) -> None:
        self.know = Knowing(toolbox, roles, topic)
        self.sorter = Sorter(self.know)
        self.start: Start | None = None
        self.occasion = ""

    def read(self, request: str) -> Reading:
        text = without_typed_in(with_inputs(without_shown(request)))
        text = re.sub(r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]', self.know.keep, text.strip()).replace("’", "'")
        text = re.sub(r"\be-mail", "email", text, flags=re.I)
        text = re.sub(
            r"\s*\([^()]*\b(?:entered|typed|given|enter|type|fill(?:ed)? in)\b[^()]*\)", "", text, flags=re.I
        )
        text = mended(unfolded(text), (*self.know.names, ENGLISH))
        text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
        text = re.sub(r"(?<=\d)\.(?=\d{3}\b)", "", text)
        text = re.sub(r"\b(?:no|nr)\.(?= ?\w)", "number", text, flags=re.I)
        text = as_cases(text)
        self.know.states.topic = frozenset(stems(text))
        text = worded(text)
        self.know.asked = any(
            self.know.people.asked(phrase.text)
            for line in text.split("\n")
            for one in sentences_in(line)
            for phrase in phrases_of(one)
        )
        items = self._lines(lines_of(text), first=True)
        items = asks_first(list(folded(items)), self.know.writes)
        items = self._without_topic(self._with_deed(items))
        return Reading(
            tuple(items),
            self.know.words(self.occasion),
            self.start,
            typed=tuple(dict.fromkeys(self.know.typed)),
        )

    def _with_deed(self, items: list[Item]) -> list[Item]:
        """A question with nothing behind it is about the deed that was only mentioned."""
        asks = any(
            isinstance(i, Ask)
            or (isinstance(i, When) and any(isinstance(o, Ask) for o in (*i.then, *i.other)))
            for i in items
        )
        if not asks or any(self._writes_in(i) for i in items) or not self.know.hidden:
            return items
        deed, text = max(self.know.hidden, key=lambda h: h[0].sure)
        return [*items, self.know.act(deed, text)]

    def _without_topic(self, items: list[Item]) -> list[Item]:
        """A first sentence that only says what it is all about, before it is told in full."""
        first = items[0] if items else None
        if (
            isinstance(first, Act)
            and len(items) > 1
            and any(first.tool in tools(i) for i in items[1:] if isinstance(i, Each | When | Act))
        ):
            known = next((k for k in self.know.toolbox.tools if k.id == first.tool), None)
            if known is not None and not known.reads and not (known.sends and isinstance(items[1], Act)):
                return items[1:]
        return items

    def _writes_in(self, item: Item) -> bool:
        match item:
            case Act():
                return self.know.writes(item)
            case When(then=then, other=other):
                return any(self._writes_in(i) for i in (*then, *other))
            case Each(items=inner) | Together(items=inner):
                return any(self._writes_in(i) for i in inner)
            case _:
                return False

    def _lines(self, lines: Iterable[Line], *, first: bool = False) -> list[Item]:
        items: list[Item] = []
        loop: Each | None = None
        for line in lines:
            for sentence in sentences_in(line.text) or [line.text]:
                sentence = self._started(sentence, first=first)
                if not sentence:
                    continue
                first = False
                if loop is not None and (most := only_limit(sentence)) is not None:
                    items[-1] = loop = replace(loop, concurrency=most)
                    continue
                into = items
                if loop is not None and not DONE.search(sentence):
                    into = list(loop.items)
                if loop is not None and into is items:
                    sentence = (
                        DONE.sub("", sentence, count=1).strip(" ,") if DONE.match(sentence) else sentence
                    )
                    sentence = re.sub(r"^(?:through|done|finished|over|handled|checked)\b[, ]*", "", sentence)
                self._sentence(sentence, into)
                if loop is not None and into is not items:
                    items[-1] = loop = replace(loop, items=tuple(flat(into)))
                elif loop is not None:
                    loop = None
                last = items[-1] if items else None
                if isinstance(last, Each) and into is items:
                    loop = last
            if line.inner:
                inner = self._lines(line.inner)
                put_into(items, inner)
        return items

    def _started(self, sentence: str, *, first: bool) -> str:
        """What is left of a sentence when what sets the workflow off is taken from it."""
        if self.start is None:
            if found := read_schedule(sentence):
                self.start, sentence = found
                return sentence
            if hooked := read_hook(sentence):
                self.start, sentence = hooked
                return without_then(sentence)
            happens = re.match(
                r"^(?:when(?:ever)?|as soon as|once|every time|each time|on|upon|if)\s+(?P<h>[^,:]+)[,:]\s*(?P<r>.+)$",
                sentence,
                re.I,
            )
            if (
                first
                and happens
                and self.know.states.read(happens["h"]) is None
                and (news := read_happening(happens["h"]))
            ):
                self.start, self.occasion = news, happens["h"]
                return happens["r"]
        elif isinstance(self.start, Hook | Happening):
            if is_sent_along(sentence):
                return ""
            return without_then(sentence)
        return sentence

    # ---- one sentence ----------------------------------------------------------------------------------

    def _sentence(self, sentence: str, items: list[Item]) -> None:
        if (terms := read_terms(sentence)) is not None:
            items.append(terms)
            return
        if self.start is not None:
            sentence = HAPPENS.sub("", sentence)
        limit = None
        if not re.search(r"\b(?:retry|try|times)\b", sentence, re.I):
            sentence, limit = without_limit(sentence)
        if limit is not None and items and isinstance(items[-1], Each) and not self.sorter.parts(sentence):
            items[-1] = replace(items[-1], concurrency=limit)
            return
        side = SIDE.search(sentence)
        if side is not None:
            sentence = f"{sentence[: side.start()]}"
            f" {', ' if sentence[side.end() :] and side.start() else ''}{sentence[side.end() :]}".strip(" ,")
        parts = self.sorter.parts(sentence)
        if not parts and self.know.asked and LONG.search(sentence) and (after := deadline(sentence)):
            items.append(Answer("terms", after, (), self.know.words(sentence)))
            return
        built = self._built(parts, sentence, items)
        if side is not None and limit is None:
            built = together(built, self.know.words(sentence))
        if limit is not None:
            built = [replace(b, concurrency=limit) if isinstance(b, Each) else b for b in built]
            if items and isinstance(items[-1], Each) and not built:
                items[-1] = replace(items[-1], concurrency=limit)
        items.extend(built)

    def _ask(self, part: Part) -> Item:
        question = part.question
        assert question is not None
        words = self.know.words(part.phrase.text)
        role = question.roles[0]
        also = question.roles[1:] if question.either else ()
        asked = Ask(words, role, question.within, question.quorum, also=also)
        return asked

    def _deed_in(self, text: str) -> Deed | None:
        """What a question is about, where its own phrase says so: "raising the limit needs the accountant's ok"."""
        front, behind = self.know.people.around(text)
        front = re.sub(
            r"(?:[\s,]*\b(?:the|an?|our|her|his|by|of|from|needs?|requires?|has|have|to|be|must|only|if|when|after|with|without|unless|before"
            r"|once|until|either|both|approved|confirmed|signed|ok|okay|approval|consent|asks?|let|get|first|wait|for|two|three|not|may|is|are|cannot)\b)+[\s,]*$",
            "",
            front,
            flags=re.I,
        )
        for side in (front, behind):
            deed = self.know.deeds.of(side.strip()) if len(side.split()) > 1 else None
            if deed is not None and not deed.known.reads and deed.sure >= 6 and stem(deed.verb) not in YESES:
                break
        else:
            return None
        return deed

    def _built(self, parts: list[Part], sentence: str, earlier: list[Item]) -> list[Item]:
        """The items of a sentence's parts, each condition with what it governs."""
        out: list[Item] = []
        index = 0
        words = self.know.words(sentence)
        while index < len(parts):
            part = parts[index]
            end = index + 1
            while (
                end < len(parts)
                and parts[end].sort
                not in ("cond", "case", "else", "no", "silent", "fails", "until", "unknown")
                and parts[end].phrase.lead != "else"
            ):
                end += 1
            behind = parts[index + 1 : end]
            match part.sort:
                case "cond":
                    tail = (
                        [
                            Part(
                                "deed",
                                replace(part.phrase, text=part.what, lead=""),
                                deed=self.know.deed(part.what),
                            )
                        ]
                        if part.what
                        else []
                    )
                    inner = self._plain([*tail, *behind])
                    led = part.phrase.lead in ("if", "unless")
                    trailing = (
                        led
                        and out
                        and (isinstance(out[-1], Ask) or self.know.writes(out[-1]))
                        and (not inner or part.phrase.joint == "mid")
                    )
                    if (
                        trailing
                        and part.phrase.word in ("when", "whenever")
                        and SOMEBODY.match(part.phrase.text)
                        and not inner
                    ):
                        index = end
                        continue
                    if trailing and part.phrase.lead == "unless":
                        out[-1] = When(part.test, tuple(inner), (out[-1],), words)  # type: ignore[arg-type]
                    elif trailing:
                        kept = out.pop()
                        out.append(When(part.test, (kept,), (), words))  # type: ignore[arg-type]
                        out.extend(inner)
                    elif part.test is not None:
                        test = negate(part.test) if part.phrase.lead == "unless" else part.test
                        out.append(When(test, tuple(inner), (), words))
                    index = end
                case "else" | "nothing" | "ask" if part.phrase.lead == "else":
                    own = (
                        [Part("deed", part.phrase, deed=part.deed)]
                        if part.deed and part.sort == "else"
                        else []
                    )
                    if part.sort == "ask":
                        own = [replace(part, phrase=replace(part.phrase, lead=""))]
                    inner = self._plain([*own, *behind])
                    target = out if any(isinstance(o, When) for o in out) else earlier
                    if not otherwise(target, tuple(inner)):
                        out.extend(inner)
                    index = end
                case "case":
                    assert part.test is not None and part.deed is not None
                    out.append(
                        When(
                            part.test,
                            (self.know.act(part.deed, part.phrase.text), *self._plain(behind)),
                            (),
                            words,
                        )
                    )
                    self.know.last = part.test
                    index = end
                case "no" | "silent":
                    inner = self._plain(behind)
                    out.append(
                        Answer("no" if part.sort == "no" else "silent", part.what, tuple(inner), words)
                    )
                    index = end
                case "fails":
                    own = [Part("deed", replace(part.phrase, lead=""), deed=part.deed)] if part.deed else []
                    inner = self._plain([*own, *behind])
                    what = part.what or "it"
                    on = bool(
                        re.search(
                            r"\b(?:anyway|go on|carry on|continue|no reason to fail|do not fail|instead)\b",
                            sentence,
                            re.I,
                        )
                    )
                    out.append(Trouble(what.lower(), tuple(inner), on, words))
                    index = end
                case "until":
                    self._until(part, out, earlier, sentence)
                    out.extend(self._plain(behind))
                    index = end
                case "each":
                    each = part.item
                    assert isinstance(each, Each)
                    inner = flat(self._built(parts[index + 1 :], sentence, []))
                    held = each.items
                    if held and isinstance(held[-1], When) and not held[-1].then:
                        each = replace(each, items=(*held[:-1], replace(held[-1], then=tuple(inner))))
                    elif held and isinstance(held[-1], When):
                        each = replace(
                            each, items=(*held[:-1], replace(held[-1], then=(*held[-1].then, *inner)))
                        )
                    else:
                        each = replace(each, items=(*held, *inner))
                    return [*out, each]
                case _:
                    out.extend(self._plain([part], gated=any(p.sort == "ask" for p in parts)))
                    index += 1
        return yes_before(out, self.know.writes)

    def _plain(self, parts: list[Part], *, gated: bool = False) -> list[Item]:
        """Parts that no condition divides; ``gated`` where their sentence asks somebody."""
        out: list[Item] = []
        for part in parts:
            words = part.phrase.text
            match part.sort:
                case "deed" if part.deed is not None:
                    act = self.know.act(part.deed, words)
                    if part.phrase.lead == "before":
                        out.append(act)
                    elif part.phrase.lead == "after":
                        out.insert(0, act)
                    else:
                        out.append(act)
                case "denied" if part.deed is not None and gated:
                    out.append(self.know.act(part.deed, words))
                case "wait":
                    out.append(Pause(part.what, self.know.words(words)))
                    if part.deed is not None:
                        out.append(self.know.act(part.deed, words))
                case "ask":
                    ask = self._ask(part)
                    out.append(
                        When(part.test, (ask,), (), self.know.words(words)) if part.test is not None else ask
                    )
                    if (deed := self._deed_in(part.phrase.text)) is not None:
                        out.append(self.know.act(deed, part.phrase.text))
                case "item" | "again" if part.item is not None:
                    out.append(part.item)
                case "each" if part.item is not None:
                    out.append(part.item)
                case "unplaced":
                    said = patterns.POLITE.sub("", words).strip()
                    verb, _, rest = said.partition(" ")
                    out.append(
                        Act(
                            self.know.words(said),
                            verb.lower(),
                            self.know.words(rest),
                            starts_with_verb(said, self.know.verbs),
                        )
                    )
                case _:
                    continue
        return out

    def _until(self, part: Part, out: list[Item], earlier: list[Item], sentence: str) -> None:
        if part.test is None:
            return
        pause, most = "", None
        if match := EVERY.search(sentence):
            pause = f"1{match['u'][0]}" if match["u"] else duration_text(match["dnum"], match["dunit"])
        if match := AT_MOST.search(sentence):
            word = (match["n"] or match["m"]).lower()
            most = int(word) if word.isdigit() else NUMBER_WORDS.get(word)
        body = [
            replace(o, rest=EVERY.sub("", o.rest), words=EVERY.sub("", o.words)) if isinstance(o, Act) else o
            for o in out
            if isinstance(o, Act | Pause)
        ]
        del out[:]
        if not [b for b in body if isinstance(b, Act)]:
            body = [o for o in earlier if isinstance(o, Act | Pause)]
            del earlier[:]
        pauses = [b.duration for b in body if isinstance(b, Pause)]
        out.append(
            Repeat(
                tuple(b for b in body if not (pause and isinstance(b, Pause))), part.test,
                pause or (pauses[0] if pauses else ""), most,
                self.know.words(sentence),
            )
        )  # fmt: skip
