"""What each phrase of a sentence may be, best first: a case, a question, a loop, a deed, a wait, a mishap, or"
" nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from studio.designer.builtin import patterns
from studio.designer.builtin.amounts import DURATION, duration_text, find_duration
from studio.designer.builtin.asking import read_shape
from studio.designer.builtin.calls import PROSE
from studio.designer.builtin.grounded.asked import Question, deadline, says_no, says_nothing
from studio.designer.builtin.grounded.deeds import Deed
from studio.designer.builtin.grounded.knowing import Knowing, Part
from studio.designer.builtin.grounded.loops import each_of, listing, with_more
from studio.designer.builtin.grounded.phrases import Phrase, phrases_of
from studio.designer.builtin.grounded.signs import (
    DENIED,
    DOES,
    FAILS,
    INPUT,
    IS_NOT,
    LATER,
    LONG_SPAN,
    NOTHING,
    OTHERS,
    SPAN_FIRST,
    THAT_AGAIN,
    TIMES,
    TYPES,
    UNASKED,
    WAIT,
    times_in,
)
from studio.designer.builtin.reading import Again, Both, Compare, Each, GiveUp, Is, Pause, Same, Stop, Test
from studio.designer.builtin.repeating import read_await
from studio.designer.builtin.shapes import properties
from studio.designer.builtin.verbs import looks_like_action, starts_with_verb
from studio.designer.builtin.words import name_stems, stems


class Sorter:
    def __init__(self, know: Knowing) -> None:
        self.know = know

    def parts(self, sentence: str) -> list[Part]:
        found: list[Part] = []
        phrases = phrases_of(sentence)
        for index, phrase in enumerate(phrases):
            phrase = self._of_others(phrase)
            behind = phrases[index + 1].joint if index + 1 < len(phrases) else ""
            last = found[-1] if found else None
            if last is not None and behind not in ("arrow", "colon") and self._tells_more(last, phrase):
                assert last.deed is not None
                found[-1] = replace(
                    last,
                    phrase=replace(last.phrase, text=f"{last.phrase.text} and {phrase.text}"),
                    deed=replace(last.deed, rest=f"{last.deed.rest} and {phrase.text}"),
                )
                continue
            part = self._part(phrase, behind, found)
            if (
                last is not None
                and last.deed is not None
                and part.sort in ("deed", "skip", "cond", "nothing")
            ):
                if (
                    re.match(r"(?:with|including|containing|so that|because|since|as)\b", phrase.text, re.I)
                    and not phrase.lead
                ):
                    part = Part("skip", phrase)
                elif (
                    phrase.joint == "colon"
                    and part.sort != "cond"
                    and _says(last.deed)
                    and not self.know.strong(phrase.text, 8.0)
                    and not phrase.lead
                ):
                    said = f'{last.deed.rest} "{phrase.text}"'
                    if "quoted" in phrase.text:
                        said = f"{last.deed.rest} {phrase.text}"
                    elif self.know.names_values(phrase.text):
                        said = f"{last.deed.rest} with the {phrase.text}"
                    found[-1] = replace(
                        last,
                        deed=replace(last.deed, rest=said),
                        phrase=replace(last.phrase, text=f"{last.phrase.text}: {phrase.text}"),
                    )
                    continue
                elif (
                    behind == "colon"
                    and (name := _argument_named(last.deed, phrase.text))
                    and index + 1 < len(phrases)
                ):
                    value = phrases[index + 1].text
                    said = (
                        f"{last.deed.rest} {name} {value if 'quoted' in value else chr(34) + value + chr(34)}"
                    )
                    found[-1] = replace(last, deed=replace(last.deed, rest=said))
                    phrases[index + 1] = replace(phrases[index + 1], text="")
                    continue
            if part.sort == "skip" and not phrase.lead and self._wants(phrase.text):
                found.append(Part("unplaced", phrase))
                continue
            if (
                part.sort == "skip"
                and last is not None
                and phrase.lead in ("", "before", "after", "else", "if")
                and (
                    phrase.joint in ("and", "comma", "mid", "colon")
                    and last.sort in ("deed", "ask", "each", "fails")
                )
            ):
                glue = {"and": " and ", "comma": ", ", "mid": " ", "colon": ": "}[phrase.joint]
                whole = f"{last.phrase.text}{glue}{phrase.word + ' ' if phrase.word else ''}{phrase.text}"
                deed = last.deed and replace(last.deed, rest=f"{last.deed.rest}{glue}{phrase.text}")
                asked = last.question
                if asked is not None:
                    asked = replace(asked, within=asked.within or deadline(phrase.text))
                item = last.item
                if isinstance(item, Each):
                    item = with_more(item, self.know.words(f"{glue}{phrase.text}"))
                found[-1] = replace(
                    last, phrase=replace(last.phrase, text=whole), deed=deed, question=asked, item=item
                )
                continue
            if part.sort != "skip" or phrase.lead == "else":
                found.append(part)
        return [p for p in found if p.sort != "typed"]

    def _tells_more(self, last: Part, phrase: Phrase) -> bool:
        """Whether a phrase only names one more value for the text of the deed before: "and the order number"."""
        if last.sort != "deed" or last.deed is None or phrase.lead or phrase.joint not in ("and", "comma"):
            return False
        words = re.sub(r"^(?:also |the |its |their |his |her |of )*", "", phrase.text)
        if not _says(last.deed) or len(words.split()) > 4:
            return False
        if INPUT.match(words):
            return bool(re.search(r"\b(?:with|contain\w*|includ\w*|of|the|about)\b", last.deed.rest))
        return self.know.names_values(words) and not self.know.strong(phrase.text, 6.0)

    def _of_others(self, phrase: Phrase) -> Phrase:
        """ "leads out of all other countries are given to ...": what stands for the rest leads to the other case."""
        if phrase.lead != "" or self.know.last is None or not (match := OTHERS.match(phrase.text)):
            return phrase
        return replace(phrase, lead="else", text=f"it {phrase.text[match.end() :].strip()}")

    def _wants(self, text: str) -> bool:
        """Whether a phrase that no tool does asks for something all the same."""
        bare = patterns.POLITE.sub("", text).strip()
        if len(bare.split()) < 2 or NOTHING.match(bare) or read_shape(bare) is not None or TIMES.search(bare):
            return False
        if re.match(
            r"(?:with|by|at|in|on|for|from|to|of|that|which|who|because|so|as|see|know|look|is|are|do|have"
            r"|make sure)\b",
            bare,
            re.I,
        ):
            return False
        return starts_with_verb(bare, self.know.verbs, lone=False) or looks_like_action(bare)

    def _type(self, text: str) -> None:
        """Note what is typed in."""
        told = TYPES.sub(" ", text)
        told = re.sub(
            r"\b(?:of|for) (?:an?|the|that|somebody|someone)\b.*$|\b(?:i|we|you|who|me|in|comes?|at|the start"
            r"|by|to|it|with)\b",
            " ",
            told,
            flags=re.I,
        )
        for name in re.split(r",|\band\b|\+|&|/", told):
            words = [
                w
                for w in re.findall(r"[A-Za-z]+", name)
                if w.lower() not in ("the", "a", "an", "its", "her", "his", "their", "only")
            ]
            if 0 < len(words) <= 3:
                self.know.typed.append(" ".join(words).lower())

    def _part(self, phrase: Phrase, behind: str, before: list[Part]) -> Part:
        text, lead = phrase.text, phrase.lead
        if not text:
            return Part("else" if lead == "else" else "skip", phrase)
        if lead == "else" and NOTHING.match(text):
            return Part("nothing", phrase)
        if lead in ("", "if", "after", "unless") and says_nothing(text) and self.know.asked:
            return Part("silent", phrase, what=deadline(text) or "", deed=self._behind_answer(text))
        if (
            lead in ("", "if", "after")
            and self.know.asked
            and says_no(text)
            and (lead or behind in ("arrow", "colon", "comma"))
        ):
            return Part("no", phrase, deed=self._behind_answer(text))
        if lead in ("", "if") and FAILS.search(text) and (match := TIMES.search(text)):
            return Part("again", phrase, item=Again(times_in(match), self.know.words(text)))
        if (
            lead in ("if", "")
            and FAILS.search(text)
            and (lead or behind in ("arrow", "colon", "comma"))
            and not (lead == "" and self.know.deeds.of(text) and behind == "comma")
        ):
            test = self.know.states.read(text)
            if (
                test is None
                or re.search(r"\b(?:goes wrong|go through|not work|not succeed)\b", text)
                or self.know.deeds.of(text)
            ):
                found = FAILS.search(text)
                assert found is not None
                tail = self.know.deed(text[found.end() :])
                what = text[: found.start()] if tail is not None else FAILS.sub("", text)
                what = re.sub(
                    r"\b(?:should|for whatever reason|the|a|an|that|this|it|sometimes|then)\b", " ", what
                )
                return Part("fails", phrase, what=" ".join(what.split()), deed=tail)
        if lead == "" and THAT_AGAIN.match(text):
            return Part("skip", phrase)
        if lead == "until":
            return Part("until", phrase, test=self.know.test(text))
        if TYPES.search(text) and not quoted(text):
            deed = self.know.deeds.of(text)
            if deed is None or deed.sure < 9 or deed.named:
                self._type(text)
                return Part("typed", phrase)
        if (
            lead == ""
            and before
            and before[-1].sort == "typed"
            and phrase.joint in ("comma", "and")
            and len(text.split()) < 9
        ) and (
            not self.know.strong(text, 5.0)
            or re.match(r"^(?:the|its|an?|of|her|his|their)? ?[\w\-]+(?: \w+)?$", text)
        ):
            self._type(text)
            return Part("typed", phrase)
        if lead == "" and INPUT.match(text):
            self._type(text)
            return Part("typed", phrase)
        if lead in ("if", "after") and re.match(rf"^{DURATION} (?:have|has|are|is)\b", text, re.I):
            return Part("wait", phrase, what=find_duration(text)[0])  # type: ignore[index]
        if lead == "after" and (match := re.match(rf"^{DURATION}s?\b[, ]*(?P<rest>.*)$", text, re.I)):
            return Part(
                "wait",
                phrase,
                what=duration_text(match["dnum"], match["dunit"]),
                deed=self.know.deed(match["rest"]),
            )
        if (
            lead == ""
            and (match := LATER.match(text))
            and not re.match(r"^(?:an?|one) ", text, re.I)
            and re.search(r"later|thereafter|after", text)
        ):
            return Part(
                "wait",
                phrase,
                what=duration_text(match["dnum"], match["dunit"]),
                deed=self.know.deed(match["rest"]),
            )
        if lead == "" and WAIT.match(text) and (span := find_duration(text)):
            return Part("wait", phrase, what=span[0])
        if lead in ("", "if") and (match := TIMES.search(text)) and not self.know.strong(text, 12):
            return Part("again", phrase, item=Again(times_in(match), self.know.words(text)))
        if lead == "" and self.know.people.asked(text) is None and (event := read_await(text)) is not None:
            return Part("item", phrase, item=event)
        if lead == "" and (listed := listing(self.know, text)) is not None:
            return Part("deed", phrase, deed=listed)
        if lead == "" and (loop := each_of(self.know, phrase, behind)) is not None:
            return Part("each", phrase, item=loop)
        question = self.know.people.asked(text) or self._role_alone(text, before, lead)
        if (
            question is not None
            and lead in ("", "unless", "after", "before", "if", "else")
            and not (
                lead == "if"
                and behind in ("comma", "arrow", "colon")
                and self.know.asked
                and any(p.sort == "ask" for p in before)
            )
        ):
            test = self.know.states.amount(LONG_SPAN.sub(" ", text)) if lead != "else" else None
            return Part("ask", phrase, test=test, question=question)
        if lead in ("if", "unless"):
            test, deed_behind = self._split_test(text)
            if test is not None:
                return Part("cond", phrase, test=test, what=deed_behind)
        if lead == "else" and self.know.hidden and DOES.fullmatch(text):
            # "Basic members may not join, everybody else may."
            return Part("else", phrase, deed=self.know.hidden[-1][0])
        if (
            (lead == "else" or (lead == "" and before and before[-1].sort in ("cond", "else")))
            and behind not in ("arrow", "colon")
            and (value := self._value(text))
        ):
            said = self.know.words(value)
            if (alone := self.know.deed(text)) is not None:
                self.know.else_meant[said] = self.know.act(alone, text)
            return Part("else" if lead == "else" else "value", phrase, what=said)
        if lead == "else":
            test = self.know.states.read(text) if re.search(r"\d", text) else None
            return Part("else", phrase, deed=self.know.deed(text), test=test)
        if (
            lead in ("", "else")
            and self.know.states.compares(text)
            and (without := self._without_amount(text)) is not None
        ) and (NOTHING.match(without) or UNASKED.search(without)):
            return Part(
                "cond", replace(phrase, lead=""), test=self._label(text) or self.know.states.amount(text)
            )
        if (
            lead in ("", "if")
            and (rest := self._without_amount(text))
            and re.search(r"\d|quoted|#|@", rest)
            and (value := self._value(rest))
            and (test := self.know.states.amount(text)) is not None
        ):
            # "Over 1000 euros 10 %".
            return Part("cond", phrase, test=test, what=value)
        if lead in ("", "label"):
            if NOTHING.match(text):
                return Part("nothing", phrase)
            if (case := self._case_with_value(phrase, before)) is not None:
                return Part("cond", phrase, test=case[0], what=case[1])
            if (
                behind in ("arrow", "colon", "comma")
                and not self._read_as_well(phrase, before)
                and (test := self._label(text)) is not None
            ):
                exact = behind != "comma" and self.know.states.names_only(text)
                if exact or not self.know.strong(text, 9.0 if behind != "comma" else 5.0):
                    beside = "" if exact else self.know.states.beside(text, test)
                    deed = self.know.deed(text) if beside else None
                    if deed is not None and not deed.known.reads and behind == "comma":
                        return self._in_case(phrase, test, deed)
                    return Part("cond", phrase, test=test)
            if (shape := read_shape(text)) is not None and isinstance(shape, Pause | GiveUp | Again | Stop):
                return Part("item", phrase, item=shape)
        if lead != "" and (loop := each_of(self.know, phrase, behind)) is not None:
            return Part("each", phrase, item=loop)
        deed = self.know.deed(text)
        if deed is not None and lead == "" and (case := self._case_of(text, deed)) is not None:
            return self._in_case(phrase, case, deed)
        if deed is not None and DENIED.search(text) and not re.search(r"\bnot sent\b", text):
            self.know.hidden.append((deed, text))
            return Part("denied", phrase, deed=deed)
        if deed is not None:
            return Part("deed", phrase, deed=deed)
        if lead in ("if", "unless") and behind:
            return Part("unknown", phrase)
        return Part("skip", phrase)

    def _behind_answer(self, text: str) -> Deed | None:
        """The deed that follows an answer without a comma: "she says no we tell the desk"."""
        for match in re.finditer(
            r"\s(?=(?:i|we|please|then|just|you|it) |[a-z]+ (?:it|the|them|a|an|to|#) ?)", text, re.I
        ):
            head, tail = text[: match.start()], text[match.end() :]
            if not says_no(head) and not says_nothing(head):
                continue
            deed = self.know.deeds.of(tail)
            if deed is not None and not deed.known.reads and deed.sure >= 6.0:
                return deed
        return None

    def _read_as_well(self, phrase: Phrase, before: list[Part]) -> bool:
        """Whether a phrase is one more thing to look at: "get the customer and their open tickets"."""
        last = before[-1] if before else None
        if phrase.joint != "and" or last is None or last.deed is None or not last.deed.known.reads:
            return False
        deed = self.know.deeds.of(phrase.text)
        return deed is not None and deed.known.reads and bool(_OWNED.match(phrase.text))

    def _role_alone(self, text: str, before: list[Part], lead: str) -> Question | None:
        """ "more than 200: fleet manager": behind a case, somebody who is named is asked."""
        amount = bool(re.search(r"\d", text)) and self.know.states.compares(text)
        after_case = (
            (before and before[-1].sort in ("cond", "else", "ask", "silent")) or amount or lead == "else"
        )
        if not after_case or len(text.split()) > 8:
            return None
        roles = self.know.people.named(text)
        deed = self.know.deeds.of(text)
        if not roles or (deed is not None and (deed.known.sends or (deed.sure >= 7.0 and not deed.named))):
            return None
        return Question(roles, deadline(text), None)

    def _case_of(self, text: str, deed: Deed) -> Test | None:
        """The case that a deed's own words tell: "parked vehicles are sent", "a card with more than 800 is blocked"."""
        match = re.match(
            r"^(?P<s>.{3,90}?)\s(?P<be>is|are|gets?|can|should|must|may|shall|has to|have to|needs? to"
            r"|goes?|becomes?|will|be)\b(?! \w+ (?:was|were|is|are)\b)",
            text,
            re.I,
        )
        subject = match["s"] if match else ""
        if SPAN_FIRST.match(text) and (test := self.know.states.amount(text)) is not None:
            return test
        relative = re.match(
            r"^(?P<s>.{2,40}?\b(?:that|who|which|whose|where|with|over|above|below|under|of)\b.{3,60}?)\s(?:is"
            r"|are|gets?|can|should|must|may|shall|has to|have to|needs? to|goes?)\b(?P<r>.*)$",
            text,
            re.I,
        )
        if (
            relative is not None
            and (test := self.know.states.read(relative["s"])) is not None
            and isinstance(test, Compare | Both)
        ):
            return test
        if not subject:
            head = re.match(r"^(?:the )?(?P<s>\w+(?: \w+)?) (?=\w+)", text)
            subject = head["s"] if head and re.search(r"\bones?$", head["s"]) else ""
        words = [
            w
            for w in re.findall(r"[A-Za-z]+", subject)
            if w.lower() not in ("the", "all", "any", "a", "an", "those")
        ]
        some = re.match(r"(?:only )?(?:those|the ones|ones|all) (?:that|which|who)\b", subject, re.I)
        if not 1 <= len(words) <= 5 or not (
            some or re.search(r"s$", words[-1]) or words[-1].lower() in ("one", "people")
        ):
            return None
        return self.know.states.only(subject)

    def _without_amount(self, text: str) -> str | None:
        rest = self.know.states.rest_of(text)
        return rest and re.sub(r"^(?:it|that|this|anything|everything|and|so) ", "", rest.strip())

    def _in_case(self, phrase: Phrase, test: Test, deed: Deed) -> Part:
        """A deed in a case; "members who owe more than 40 euros may not join" is a case in which it is not done."""
        if DENIED.search(phrase.text) or IS_NOT.search(phrase.text):
            self.know.hidden.append((deed, phrase.text))
            return Part("cond", replace(phrase, lead=""), test=test)
        return Part("case", phrase, test=test, deed=deed)

    def _case_with_value(self, phrase: Phrase, before: list[Part]) -> tuple[Test, str] | None:
        """ "silver ones 15 percent": behind a case or a deed, another case with what is different in it."""
        text = phrase.text
        cases = any(p.sort in ("cond", "case") for p in before)
        if (
            len(text.split()) > 9
            or not (cases or (before and before[-1].sort == "deed" and phrase.joint == "colon"))
            or starts_with_verb(text, self.know.verbs)
            or ((deed := self.know.deeds.of(text)) is not None and not deed.named)
        ):
            return None
        last = self.know.states.last
        test = self.know.states.read(text, bare=True)
        beside = self.know.states.beside(text, test) if isinstance(test, Is | Compare) else ""
        value = self._value(beside) if beside and beside != text else ""
        if not value or test is None:
            self.know.states.last = last
            return None
        return test, value

    def _value(self, text: str) -> str:
        """What a case says that is different in it, if it says nothing else: "the rest as "parcel"", "else parcel"."""
        if self.know.values.only(text):
            self.know.valued = self.know.values.named(text) or self.know.valued
            return text
        one = f"{self.know.valued} {text}"
        return one if self.know.valued and len(text.split()) == 1 and self.know.values.only(one) else ""

    def _split_test(self, text: str) -> tuple[Test | None, str]:
        """A condition, and the deed that follows it without a comma: "it is a listed one I pin something on"."""
        for match in re.finditer(r"\s(?=(?:i|we|please|then|you) )", text, re.I):
            head, tail = text[: match.start()], text[match.end() :]
            if self.know.deeds.of(tail) is not None and (test := self.know.test(head)) is not None:
                return test, tail
        return self.know.test(text), ""

    def _label(self, text: str) -> Test | None:
        """A phrase that only tells a case: "heritage = yes", "parental leave", "200 or less"."""
        if len(text.split()) > 8:
            return None
        test = self.know.states.read(text, bare=True)
        if test is not None and not isinstance(test, Same):
            self.know.last = test
            return test
        return None

    # ---- loops -----------------------------------------------------------------------------------------


_OWNED: Final = re.compile(r"(?:the|its|their|his|her|all|our) ", re.IGNORECASE)


def _says(deed: Deed) -> bool:
    """Whether a tool takes a text."""
    return not deed.known.reads and any(
        name_stems(n)[-1] in PROSE for n in properties(deed.known.tool.input_schema)
    )


def _argument_named(deed: Deed, text: str) -> str:
    """The argument of a deed's tool that a phrase names, and nothing else."""
    words = [w for w in stems(text)]
    return next(
        (n for n in properties(deed.known.tool.input_schema) if words and list(name_stems(n)) == words), ""
    )


def quoted(text: str) -> bool:
    """Whether a phrase holds a quoted text."""
    return "quoted" in text
