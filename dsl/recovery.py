"""Reading on after a mistake, so that one mistake costs one message and as few steps as can be.

The parser stops at the first token that fits nowhere. Two things are tried there. A *repair* leaves out, puts in or
exchanges one token; every possible one is tried on a copy of the parser, and the one that lets most of the following
tokens be read wins, if it lets enough of them. Otherwise the reader *resynchronises*: it skips to the next line that
begins with a keyword which fits somewhere on the parser's stack and drops what stands above. A step whose beginning
was read but whose middle is dropped stays as :class:`~dsl.tree.Broken`; when its block was already opened in the
skipped text, it stays as a ``do`` block, so that the steps inside it keep their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from dsl.again import Footing, Known
from dsl.explain import Mistake, explain, similar
from dsl.grammar import grammar
from dsl.tree import Comment, Span, Step, Workflow

LOOK_AHEAD = 12
ENOUGH = 4
MAX_MISTAKES = 40
MAX_STACK = 600
BIG = 100_000
"""Characters above which only leaving a token out is tried."""

_STEP_INDENT = re.compile(r"\n([ \t]*)step\b")
_SWALLOWED = frozenset({"step", "timeout", "retry", "key"})
# Two words, or a word and a number, never stand side by side in an expression.
_STATEMENT = re.compile(
    r'(step(?=[ \t]+[A-Za-z_]\w*[ \t]*:)|(?:timeout|retry)(?=[ \t]+[0-9])|key(?=[ \t]+"))'
)
_COMMENT = re.compile(r"//[^\n]*")
_FIRST_WORD = re.compile(r"[ \t]*([a-z_]+\b(?!\s*:)|\}|@|///)")
_SKIPPED = re.compile(
    r'//[^\n]*|"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[{}]', re.S
)
_OPERANDS = ("INT", "STRING", "ID", "TOOL", "DURATION")
_STARTS = {"}": "RBRACE", "@": "AT", "///": "DOC"}
_HEADERS = ("use", "type", "input", "output", "config", "secret", "trigger")
_STATEMENTS = ("step", "yield", "case", "default", "else")
_CLAUSES = ("after", "timeout", "retry", "key", "compensate", "catch")
_LINES = (
    "on",
    "title",
    "show",
    "quorum",
    "within",
    "escalate",
    "system",
    "prompt",
    "tools",
    "max_turns",
    "budget",
)
_BEGINS = frozenset({"STEP", "DOC", "AT"})
_TAKEN = "(taken over)"
_ANYWHERE = frozenset(_HEADERS + _STATEMENTS + _CLAUSES + _LINES)


class TooDeep(Exception):
    """The text nests deeper than any workflow should; ``args[0]`` is the place."""


class Blind(Exception):
    """A mistake stands right behind steps that were taken over: to explain it, they have to be read."""

    def __init__(self, starts: set[int]) -> None:
        super().__init__(starts)
        self.starts = starts


@dataclass(frozen=True, slots=True)
class _Repair:
    """Put in a token of type ``insert``, if any, then read on at ``resume``."""

    insert: str | None
    resume: int
    rank: int


class Reader:
    """One pass over a text. ``run`` once, then look at ``comments``, ``footings``, ``scars`` and ``taken``.

    ``known`` steps are taken over from an earlier reading. Raises TooDeep and Blind.
    """

    def __init__(self, text: str, report: Callable[..., None], known: Known | None = None) -> None:
        self.text = text
        self.comments: list[Comment] = []
        self.footings: dict[int, Footing] = {}
        self.scars: list[Span] = []
        self.taken: list[Step] = []
        self._report = report
        self._known = known
        self._parser: InteractiveParser = grammar().parse_interactive(text, start="start")
        self._recent: list[Token] = []
        self._read_to = 0
        self._mistakes = 0
        self._closed_early = False

    def run(self) -> Workflow | None:
        """The workflow, or None when not even its beginning can be made out."""
        at = 0
        while True:
            wrong = self._read_from(at)
            if isinstance(wrong, Token):
                if wrong.type == "$END":
                    result = self._finish(wrong)
                    self._note_comments(len(self.text))
                    return result
                resumed = self._recover(wrong)
                if resumed is None:
                    return self._finish(wrong)
                at = resumed
            else:
                return wrong

    # ---- reading ---------------------------------------------------------------------------------

    def _read_from(self, at: int) -> Token | Workflow:
        """Read until the end, or to the first token that does not fit, which is returned."""
        _seek(self._parser, at)
        token = None
        try:
            for token in self._parser.lexer_thread.lex(self._parser.parser_state):  # type: ignore[no-untyped-call]
                if (word := self._swallowed(token)) is not None:
                    return word
                self._parser.feed_token(token)
                self._accept(token)
                if token.type in _BEGINS:
                    self._begin(token)
                if len(self._parser.parser_state.state_stack) > MAX_STACK:
                    raise TooDeep(Span(token.start_pos or 0, token.end_pos or 0))
            token = Token("$END", "", len(self.text), end_pos=len(self.text))
            result: Workflow = self._parser.feed_token(token)
            self._note_comments(len(self.text))
            return result
        except UnexpectedToken as error:
            wrong: Token = error.token
            return wrong
        except UnexpectedCharacters as error:
            place = error.pos_in_stream or 0
            return Token("", self.text[place], place, end_pos=place + 1)

    def _begin(self, token: Token) -> None:
        """A step may begin here: notes where the parser stands, and takes the step over when it is known."""
        parser = self._parser.parser_state
        start = token.start_pos or 0
        footing = Footing(parser.state_stack[-2], len(parser.state_stack) - 1)
        self.footings[start] = footing
        goto = parser.parse_conf.states[footing.state].get("step")
        if self._known is None or goto is None:
            return
        taken = self._known.at(start, footing)
        if taken is None:
            return
        end = taken.step.span.end
        parser.state_stack[-1] = goto[1]
        parser.value_stack[-1] = taken.step
        self.taken.append(taken.step)
        self.comments += taken.comments
        self.footings.update(taken.footings)
        self._recent[-1] = Token(_TAKEN, "", start, end_pos=end)
        self._read_to = max(self._read_to, end)
        _seek(self._parser, end)

    def _swallowed(self, token: Token) -> Token | None:
        """The keyword of the next statement where a name is missing and it would be taken for that name."""
        if token.type not in ("ID", "TOOL") or token not in _SWALLOWED:
            return None
        start = token.start_pos or 0
        match = _STATEMENT.match(self.text, start)
        if match is None:
            return None
        return Token(match.group(1).upper(), match.group(1), start, end_pos=start + len(match.group(1)))

    def _accept(self, token: Token) -> None:
        self._note_comments(token.start_pos or 0)
        self._read_to = max(self._read_to, token.end_pos or 0)
        self._recent.append(token)

    def _note_comments(self, end: int) -> None:
        start = self._read_to
        if end <= start or "//" not in (gap := self.text[start:end]):
            return
        for match in _COMMENT.finditer(gap):
            begin = start + match.start()
            comment = match.group().rstrip()
            line = self.text[self.text.rfind("\n", 0, begin) + 1 : begin]
            self.comments.append(Comment(comment, bool(line.strip()), Span(begin, begin + len(comment))))
        self._read_to = end

    # ---- mistakes --------------------------------------------------------------------------------

    def _recover(self, wrong: Token) -> int | None:
        self._mistakes += 1
        if self._mistakes > MAX_MISTAKES:
            return None
        wanted = self._wanted()
        repair = self._best_repair(wrong, wanted)
        at = wrong.start_pos or 0
        self.scars.append(Span(at, max(at, repair.resume if repair else at)))
        self._say(
            Mistake(self.text, self._last(), wrong, _written(wanted), repair.insert if repair else None)
        )
        if repair is None:
            resumed = self._resynchronise(wrong)
            self.scars.append(Span(at, resumed or len(self.text)))
            return resumed
        if repair.insert:
            self._put_in(repair.insert, wrong.start_pos or 0)
        self._read_to = max(self._read_to, min(repair.resume, wrong.end_pos or 0))
        return repair.resume

    def _say(self, mistake: Mistake) -> None:
        told = explain(mistake)
        if set(mistake.wanted) == {"$END"}:  # one brace too many closes early at every level above it
            if self._closed_early:
                return
            self._closed_early = True
        self._report("E001", told.message, told.help, told.span)

    def _wanted(self) -> set[str]:
        return set(self._parser.accepts())  # type: ignore[no-untyped-call]

    def _last(self) -> tuple[Token, ...]:
        last = self._recent[-6:]
        if taken := {token.start_pos or 0 for token in last if token.type == _TAKEN}:
            raise Blind(taken)
        return tuple(last)

    def _put_in(self, type: str, at: int) -> None:
        self._parser.feed_token(Token(type, grammar_word(type), at, end_pos=at))

    def _best_repair(self, wrong: Token, wanted: set[str]) -> _Repair | None:
        start, end = wrong.start_pos or 0, wrong.end_pos or 0
        candidates = [_Repair(None, end, 2)]
        if len(self.text) > BIG:
            wanted = set()
        unfit = {"$END", "DOC", "FLOAT", "SQ", "TEXT"} | (
            {"DURATION", "STRING", "ID"} if "LSQB" in wanted else set()
        )
        for type in sorted(wanted - unfit):
            word = grammar_word(type)
            exchange_rank = 0 if similar(wrong, word) else 4 if type in _OPERANDS else 3
            insert_rank = 1 if word and not word.isalpha() else 3 if type in _OPERANDS else 5
            candidates.append(_Repair(type, end, exchange_rank))
            candidates.append(_Repair(type, start, insert_rank))
        scored = [(self._reach(candidate), candidate) for candidate in candidates]
        reach, best = max(scored, key=lambda pair: (pair[0], -pair[1].rank))
        return best if reach >= ENOUGH else None

    def _reach(self, repair: _Repair) -> int:
        """How many tokens can be read after the repair; the end of the text counts as many."""
        parser = _silent(self._parser)
        _seek(parser, repair.resume)
        count = 0
        try:
            if repair.insert:
                parser.feed_token(Token(repair.insert, ""))
            for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
                if self._swallowed(token) is not None:
                    return count
                parser.feed_token(token)
                count += 1
                if count >= LOOK_AHEAD:
                    return count
            parser.feed_token(Token("$END", ""))
            return LOOK_AHEAD
        except (UnexpectedToken, UnexpectedCharacters):
            return count

    # ---- resynchronising -------------------------------------------------------------------------

    def _resynchronise(self, wrong: Token) -> int | None:
        """Skip to a line that can be read again; None when there is no such line."""
        at = wrong.start_pos or 0
        first_in_line = not self.text[self.text.rfind("\n", 0, at) + 1 : at].strip()
        if first_in_line and (wrong.type in _STARTS.values() or str(wrong) in _ANYWHERE):
            type = wrong.type if wrong.type in _STARTS.values() else str(wrong).upper()
            if self._make_room(type, False, at):
                return at
        opened = 0
        while True:
            line_end = self.text.find("\n", at)
            opened += self._opened(at, len(self.text) if line_end < 0 else line_end)
            if line_end < 0:
                return None
            at = line_end + 1
            word = _FIRST_WORD.match(self.text, at)
            if word is None or (word.group(1) not in _STARTS and word.group(1) not in _ANYWHERE):
                continue
            type = _STARTS.get(word.group(1), word.group(1).upper())
            if self._make_room(type, opened > 0, at):
                self._read_to = max(self._read_to, at)
                return at

    def _opened(self, start: int, end: int) -> int:
        """How many more braces open than close in the skipped text."""
        signs = {"{": 1, "}": -1}
        return sum(signs.get(match.group(), 0) for match in _SKIPPED.finditer(self.text, start, end))

    def _make_room(self, type: str, opened: bool, at: int) -> bool:
        """Drop what stands on the stack until a token of ``type`` fits."""
        state = self._parser.parser_state
        for depth in range(len(state.value_stack), -1, -1):
            trial: InteractiveParser = self._parser.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]
            del trial.parser_state.state_stack[depth + 1 :]
            del trial.parser_state.value_stack[depth:]
            head = trial.parser_state.value_stack[-3:]
            begun = [getattr(value, "type", "") for value in head] == ["STEP", "ID", "COLON"]
            if begun:
                for filler in ("DO", "LBRACE") if opened else ("LET", "DURATION"):
                    trial.feed_token(Token(filler, "", head[0].start_pos, end_pos=at))
            if _fits(trial, type):
                self._parser.parser_state.state_stack[:] = trial.parser_state.state_stack
                self._parser.parser_state.value_stack[:] = trial.parser_state.value_stack
                return True
            if begun and opened:
                return False
        return False

    def _finish(self, wrong: Token) -> Workflow | None:
        """Close whatever is still open at the end of the text."""
        if wrong.type == "$END":
            self._mistakes += 1
            self.scars.append(Span(len(self.text), len(self.text)))
            wanted = _written(self._wanted())
            self._say(Mistake(self.text, self._last(), wrong, wanted, None, self._unclosed()))
        end = Token("$END", "", len(self.text), end_pos=len(self.text))
        for _ in range(200):
            if self._make_room("$END", False, len(self.text)):
                result: Workflow = self._parser.feed_token(end)
                return result
            if not self._make_room("RBRACE", False, len(self.text)):
                return None
            self._parser.feed_token(Token("RBRACE", "}", len(self.text), end_pos=len(self.text)))
        return None

    def _unclosed(self) -> Token | None:
        """The opening brace that most likely misses its closing one: the innermost whose content is not indented."""
        opening: list[Token] = [
            value for value in self._parser.parser_state.value_stack if getattr(value, "type", "") == "LBRACE"
        ]
        for brace in reversed(opening):
            at = brace.start_pos or 0
            line = self.text[self.text.rfind("\n", 0, at) + 1 : at]
            indent = len(line) - len(line.lstrip())
            if any(len(spaces) <= indent for spaces in _STEP_INDENT.findall(self.text, at)):
                return brace
        return opening[0] if opening else None


def _seek(parser: InteractiveParser, at: int) -> None:
    state = parser.lexer_thread.state
    assert state is not None
    state.line_ctr.char_pos = at


def _fits(parser: InteractiveParser, type: str) -> bool:
    trial = _silent(parser)
    try:
        trial.feed_token(Token(type, ""))
    except UnexpectedToken:
        return False
    return True


def _silent(parser: InteractiveParser) -> InteractiveParser:
    """A copy to try things on: it moves through the states and builds nothing."""
    trial: InteractiveParser = parser.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]
    trial.parser_state.parse_conf = copy(trial.parser_state.parse_conf)
    trial.parser_state.parse_conf.callbacks = {}
    return trial


def _written(types: set[str]) -> dict[str, str]:
    return {type: grammar_word(type) for type in types}


def grammar_word(type: str) -> str:
    """How a keyword or a punctuation is written; "" for names, texts and numbers."""
    return _words().get(type, "")


@lru_cache(maxsize=1)
def _words() -> dict[str, str]:
    return {t.name: str(t.pattern.value) for t in grammar().terminals if t.pattern.type == "str"}
