"""The parts of a sentence as intents: each condition, answer and mishap with what it governs."""

from __future__ import annotations

import re
from dataclasses import replace

from studio.designer.builtin import patterns
from studio.designer.builtin.amounts import NUMBER_WORDS, duration_text
from studio.designer.builtin.clauses import negate
from studio.designer.builtin.grounded.deeds import Deed
from studio.designer.builtin.grounded.ellipsis import VALUES
from studio.designer.builtin.grounded.knowing import Knowing, Part
from studio.designer.builtin.grounded.ordering import (
    flat,
    otherwise,
    yes_before,
)
from studio.designer.builtin.grounded.signs import AT_MOST, EVERY, SOMEBODY, YESES
from studio.designer.builtin.reading import (
    Act,
    Answer,
    Ask,
    Each,
    Item,
    Pause,
    Repeat,
    Trouble,
    When,
)
from studio.designer.builtin.tiers import in_steps
from studio.designer.builtin.verbs import starts_with_verb
from studio.designer.builtin.words import stem


class Builder:
    def __init__(self, know: Knowing) -> None:
        self.know = know

    def _ask(self, part: Part) -> list[Item]:
        """The question; one after the other where several have to say yes."""
        question = part.question
        assert question is not None
        words = self.know.words(part.phrase.text)
        role = question.roles[0]
        also = question.roles[1:] if question.either else ()
        asked = Ask(words, role, question.within, question.quorum, also=also)
        if len(question.roles) > 1 and not question.either and _ALL_OF.search(part.phrase.text):
            return [Ask(words, one, question.within, question.quorum) for one in question.roles]
        return [asked]

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

    def built(self, parts: list[Part], sentence: str, earlier: list[Item]) -> list[Item]:
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
                    tail = [self._told_behind(part)] if part.what else []
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
                    if part.what and part.sort == "else":
                        own = [replace(part, sort="value", phrase=replace(part.phrase, lead=""))]
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
                    own = [Part("deed", replace(part.phrase, lead=""), deed=part.deed)] if part.deed else []
                    inner = self._plain([*own, *behind])
                    if not inner and out and part.phrase.joint == "mid" and isinstance(out[-1], Act):
                        # "Tell the desk if she says no".
                        inner = [out.pop()]
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
                    inner = flat(self.built(parts[index + 1 :], sentence, []))
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
        return in_steps(yes_before(out, self.know.writes))

    def _told_behind(self, part: Part) -> Part:
        """What a condition says behind itself without a comma: a deed, or only a value."""
        if self.know.values.only(part.what):
            return Part("value", replace(part.phrase, lead=""), what=self.know.words(part.what))
        return Part("deed", replace(part.phrase, text=part.what, lead=""), deed=self.know.deed(part.what))

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
                    asks = self._ask(part)
                    if part.test is not None:
                        out.append(When(part.test, tuple(asks), (), self.know.words(words)))
                    else:
                        out.extend(asks)
                    if (deed := self._deed_in(part.phrase.text)) is not None:
                        out.append(self.know.act(deed, part.phrase.text))
                case "item" | "again" if part.item is not None:
                    out.append(part.item)
                case "each" if part.item is not None:
                    out.append(part.item)
                case "value":
                    out.append(Act(part.what, "", part.what, False, False, VALUES))
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


_ALL_OF = re.compile(r"\b(?:both|and|also|too|then|after|as well)\b|&|\+", re.IGNORECASE)
