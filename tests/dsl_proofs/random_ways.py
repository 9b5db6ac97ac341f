"""Random workflows around one call that needs a yes, and what really may happen in them: every way, tried one by one.

Nothing here knows how the proof works. A program is a small tree of its own, printed as Weft, and run again and again
until every choice that a run can make has been made every way: which branch is taken, what fails where, who answers.
The amount is too large throughout: conditions on it come out as they must, all others either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from random import Random
from typing import Any, Literal, TypeAlias, assert_never

AMOUNT = "order.total"


@dataclass(frozen=True)
class Small:
    """The amount is within the limit: never true, in one of the ways to write it."""

    text: str


@dataclass(frozen=True)
class Large:
    text: str


@dataclass(frozen=True)
class Coin:
    """A condition about something else."""

    text: str


@dataclass(frozen=True)
class Not:
    of: Test


@dataclass(frozen=True)
class Both:
    first: Test
    second: Test


@dataclass(frozen=True)
class Either:
    first: Test
    second: Test


Test: TypeAlias = Small | Large | Coin | Not | Both | Either


@dataclass(frozen=True)
class Pay:
    """The call that needs a yes; ``undo``: its compensation makes the same call again."""

    undo: bool = False


@dataclass(frozen=True)
class Plain:
    """Something harmless; ``code``: "let", "return" or "fail"."""

    word: Literal["let", "return", "fail", "call"]


@dataclass(frozen=True)
class Yes:
    """An approval by somebody who counts, or not, with what follows a no and no answer."""

    counts: bool
    reject: Block | None
    timeout: Block | None


@dataclass(frozen=True)
class If:
    arms: tuple[tuple[Test, Block], ...]
    otherwise: Block | None


@dataclass(frozen=True)
class Switch:
    cases: tuple[Block, ...]
    default: Block | None


@dataclass(frozen=True)
class Beside:
    """``after[i]`` are the earlier children that child ``i`` waits for."""

    join: Literal["all", "any", "settle"]
    children: tuple[Item, ...]
    after: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Rounds:
    """``while_``: a loop with this test before each round; None: a foreach."""

    body: Block
    while_: Test | None


@dataclass(frozen=True)
class Do:
    body: Block


@dataclass(frozen=True)
class Caught:
    """A step with a catch."""

    item: Item
    catch: Block


Item: TypeAlias = Pay | Plain | Yes | If | Switch | Beside | Rounds | Do | Caught
Block: TypeAlias = tuple[Item, ...]


# ---- making one ----------------------------------------------------------------------------------------

_SMALL = (f"{AMOUNT} <= config.limit", f"config.limit >= {AMOUNT}", f"{AMOUNT} < 50.0", f"{AMOUNT} == 7.0")
_LARGE = (f"{AMOUNT} > config.limit", f"config.limit < {AMOUNT}", f"{AMOUNT} >= 50.0", f"{AMOUNT} != 7.0")
_COINS = ("input.flag", f"{AMOUNT} < input.limit", f"{AMOUNT} * 2.0 > config.limit", "order.fee < 3.0")


def program(seed: int) -> Block:
    random = Random(seed)
    body = _block(random, 3, 4)
    pays = sum(1 for _ in _pays(body))
    if not pays:
        return (*body, Pay())
    kept = random.randrange(pays)
    return _with_one(body, iter(range(pays)), kept)


def _pays(part: object) -> Iterator[Pay]:
    match part:
        case Pay():
            yield part
        case tuple():
            for one in part:
                yield from _pays(one)
        case _ if is_dataclass(part):
            for each in fields(part):
                yield from _pays(getattr(part, each.name))


def _with_one(part: Any, number: Iterator[int], kept: int) -> Any:
    """The same with one of its calls that need a yes; the others become harmless."""
    match part:
        case Pay():
            return part if next(number) == kept else Plain("call")
        case tuple():
            return tuple(_with_one(one, number, kept) for one in part)
        case _ if is_dataclass(part) and not isinstance(part, type):
            made = {each.name: _with_one(getattr(part, each.name), number, kept) for each in fields(part)}
            return replace(part, **made)
        case _:
            return part


def _block(random: Random, depth: int, most: int) -> Block:
    return tuple(_item(random, depth) for _ in range(random.randint(1, most)))


def _item(random: Random, depth: int) -> Item:
    made: Item
    sort = random.random()
    if depth == 0 or sort < 0.45:
        made = random.choices(
            [
                Pay(),
                Pay(undo=True),
                Plain("let"),
                Plain("call"),
                Plain("return"),
                Plain("fail"),
                _yes(random, 0),
            ],
            [6, 1, 2, 2, 1, 1, 5],
        )[0]
    else:
        made = random.choice((_if, _switch, _yes, _beside, _rounds, _do))(random, depth)
    if not isinstance(made, Plain | Pay) and random.random() < 0.15 and depth > 0:
        made = Caught(made, _block(random, depth - 1, 1))
    return made


def _yes(random: Random, depth: int) -> Item:
    def branch() -> Block | None:
        return _block(random, depth - 1, 1) if depth > 0 and random.random() < 0.4 else None

    return Yes(random.random() < 0.8, branch(), branch())


def _if(random: Random, depth: int) -> Item:
    arms = tuple(
        (test_of(random, 2), _block(random, depth - 1, 2)) for _ in range(random.choice((1, 1, 1, 2)))
    )
    return If(arms, _block(random, depth - 1, 2) if random.random() < 0.5 else None)


def _switch(random: Random, depth: int) -> Item:
    cases = tuple(_block(random, depth - 1, 1) for _ in range(random.randint(1, 2)))
    return Switch(cases, _block(random, depth - 1, 1) if random.random() < 0.5 else None)


def _beside(random: Random, depth: int) -> Item:
    children = tuple(_item(random, depth - 1) for _ in range(random.randint(1, 3)))
    after = tuple(
        tuple(other for other in range(index) if random.random() < 0.4) for index in range(len(children))
    )
    return Beside(random.choice(("all", "all", "any", "settle")), children, after)


def _rounds(random: Random, depth: int) -> Item:
    return Rounds(_block(random, depth - 1, 2), test_of(random, 1) if random.random() < 0.5 else None)


def _do(random: Random, depth: int) -> Item:
    return Do(_block(random, depth - 1, 2))


def test_of(random: Random, depth: int) -> Test:
    if depth == 0 or random.random() < 0.5:
        texts, make = random.choice(((_SMALL, Small), (_LARGE, Large), (_COINS, Coin)))
        return make(random.choice(texts))
    match random.randrange(3):
        case 0:
            return Not(test_of(random, depth - 1))
        case 1:
            return Both(test_of(random, depth - 1), test_of(random, depth - 1))
        case _:
            return Either(test_of(random, depth - 1), test_of(random, depth - 1))


# ---- writing it down ----------------------------------------------------------------------------------


def weft(body: Block) -> str:
    return "\n".join(_lines(body, _Names()))


class _Names:
    def __init__(self) -> None:
        self.count = 0

    def fresh(self) -> str:
        self.count += 1
        return f"s{self.count}"


def _lines(block: Block, names: _Names) -> list[str]:
    return [line for item in block for line in _step(item, names.fresh(), names, "")]


def _braces(block: Block, names: _Names) -> list[str]:
    return ["{", *_lines(block, names), "}"]


def _step(item: Item, name: str, names: _Names, after: str) -> list[str]:
    head = f"step {name}:"
    match item:
        case Pay(undo):
            pay = f"call shop.pay(amount: {AMOUNT})"
            inner = [f"compensate {{ step {names.fresh()}: {pay} }}"] if undo else []
            return [f"{head} {pay}", after, *inner]
        case Plain("let"):
            return [f"{head} let 1", after]
        case Plain("call"):
            return [f"{head} call shop.get(id: input.id)", after]
        case Plain("return"):
            return [f"{head} return 1", after]
        case Plain():
            return [f'{head} fail "bad"', after]
        case Yes(counts, reject, timeout):
            lines = [f'{head} approve by role "{"manager" if counts else "support"}" {{']
            for words, block in (("on reject", reject), ("on timeout", timeout)):
                lines += [] if block is None else [words, *_braces(block, names)]
            return [*lines, "}", after]
        case If(arms, otherwise):
            lines = [head]
            for number, (test, block) in enumerate(arms):
                lines += ["else" if number else "", f"if {_test(test)}", *_braces(block, names)]
            lines += [] if otherwise is None else ["else", *_braces(otherwise, names)]
            return [*lines, after]
        case Switch(cases, default):
            lines = [f"{head} switch input.id {{"]
            for number, block in enumerate(cases):
                lines += [f'case "c{number}"', *_braces(block, names)]
            lines += [] if default is None else ["default", *_braces(default, names)]
            return [*lines, "}", after]
        case Beside(join, children, waits):
            ids = [names.fresh() for _ in children]
            lines = [f"{head} parallel {'' if join == 'all' else join} {{"]
            for child, id_, before in zip(children, ids, waits, strict=True):
                clause = f"after {', '.join(ids[other] for other in before)}" if before else ""
                lines += _step(child, id_, names, clause)
            return [*lines, "}", after]
        case Rounds(body, None):
            return [f"{head} foreach item in input.amounts", *_braces(body, names), after]
        case Rounds(body, test) if test is not None:
            return [f"{head} loop while {_test(test)} max 3", *_braces(body, names), after]
        case Do(body):
            return [f"{head} do", *_braces(body, names), after]
        case Caught(inner, catch):
            return [*_step(inner, name, names, after), "catch", *_braces(catch, names)]
        case _:
            raise AssertionError(item)


def _test(test: Test) -> str:
    match test:
        case Small(text) | Large(text) | Coin(text):
            return text
        case Not(of):
            return f"!({_test(of)})"
        case Both(first, second):
            return f"({_test(first)}) && ({_test(second)})"
        case Either(first, second):
            return f"({_test(first)}) || ({_test(second)})"
        case _:
            assert_never(test)


# ---- running it every way -----------------------------------------------------------------------------


class TooMany(Exception):
    """The program has more ways than are worth trying."""


class _Ended(Exception):
    """The workflow has ended: by ``return``, or by an error that nobody catches."""


class _Failed(Exception):
    pass


class _Paid(Exception):
    """The call was reached without a yes."""


@dataclass
class _Run:
    """One way: ``script`` is what to choose, as far as it is known; ``asked`` how many there were to choose from."""

    script: Sequence[int]
    asked: list[int]

    def choose(self, count: int) -> int:
        at = len(self.asked)
        self.asked.append(count)
        return self.script[at] if at < len(self.script) else 0


def pays_unapproved(body: Block, most: int = 4_000) -> bool:
    """Whether on some way the call is reached, with a large amount, without a yes. Raises ``TooMany``."""
    for tried, paid in enumerate(_ways(body)):
        if tried >= most:
            raise TooMany
        if paid:
            return True
    return False


def _ways(body: Block) -> Iterator[bool]:
    """Whether each way pays without a yes."""
    script: list[int] = []
    while True:
        run = _Run(script, [])
        paid = False
        try:
            _walk(body, False, run)
        except _Paid:
            paid = True
        except (_Ended, _Failed):
            pass
        yield paid
        script = [script[at] if at < len(script) else 0 for at in range(len(run.asked))]
        while script and script[-1] == run.asked[len(script) - 1] - 1:
            script.pop()
        if not script:
            return
        script[-1] += 1


def _walk(block: Block, said: bool, run: _Run) -> bool:
    """Whether somebody has said yes behind the block."""
    for item in block:
        said = _go(item, said, run)
    return said


def _go(item: Item, said: bool, run: _Run) -> bool:
    match item:
        case Pay():
            if not said:
                raise _Paid
            return said  # whoever approved it has approved undoing it: nothing more to look at
        case Plain("let") | Plain("call"):
            return said
        case Plain("return"):
            raise _Ended
        case Plain():
            raise _Failed
        case Yes(counts, reject, timeout):
            match run.choose(3):
                case 0:
                    return said or counts
                case 1:
                    return _after_no(reject, said, run)
                case _:
                    return _after_no(timeout, said, run)
        case If(arms, otherwise):
            for test, block in arms:
                if _came_out(test, run):
                    return _walk(block, said, run)
            return said if otherwise is None else _walk(otherwise, said, run)
        case Switch(cases, default):
            taken = run.choose(len(cases) + 1)
            if taken < len(cases):
                return _walk(cases[taken], said, run)
            return said if default is None else _walk(default, said, run)
        case Beside():
            return _beside_run(item, said, run)
        case Rounds(body, while_):
            for _ in range(2):
                if not (run.choose(2) if while_ is None else _came_out(while_, run)):
                    return said
                # What is inside counts inside: the round after it may be another item, with another answer.
                _walk(body, said, run)
            if while_ is not None and _came_out(while_, run):
                raise _Failed  # no round is left
            return said
        case Do(body):
            return _walk(body, said, run)
        case Caught(inner, catch):
            if run.choose(2):
                # It fails at once: nothing in it has happened.
                return _walk(catch, said, run)
            try:
                return _go(inner, said, run)
            except _Failed:
                return _walk(catch, said, run)
        case _:
            assert_never(item)


def _after_no(block: Block | None, said: bool, run: _Run) -> bool:
    if block is None:
        raise _Failed
    return _walk(block, said, run)


def _beside_run(item: Beside, said: bool, run: _Run) -> bool:
    ends: list[bool | None] = []
    failed, ended = False, False
    for child, before in zip(item.children, item.after, strict=True):
        waited = [ends[other] for other in before]
        if None in waited:
            ends.append(None)
            continue
        entry = said or any(bool(end) for end in waited)
        try:
            if item.join == "settle" and run.choose(2):
                raise _Failed
            ends.append(_go(child, entry, run) or entry)
        except _Failed:
            ends.append(None)
            failed = True
        except _Ended:
            # What is beside it may have come anywhere by then, so the others are looked at all the same.
            ends.append(None)
            ended = True
    if ended and item.join != "any":
        raise _Ended
    match item.join:
        case "settle":
            return said
        case "all":
            if failed:
                raise _Failed
            return said or any(bool(end) for end in ends)
        case "any":
            awaited = {other for before in item.after for other in before}
            winners = [end for index, end in enumerate(ends) if index not in awaited and end is not None]
            if not winners:
                raise _Failed
            return winners[run.choose(len(winners))]
        case _:
            assert_never(item.join)


def _came_out(test: Test, run: _Run) -> bool:
    outcome: Callable[[Test], bool] = lambda part: _came_out(part, run)  # noqa: E731
    match test:
        case Small():
            return False
        case Large():
            return True
        case Coin():
            return bool(run.choose(2))
        case Not(of):
            return not outcome(of)
        case Both(first, second):
            return outcome(first) and outcome(second)
        case Either(first, second):
            return outcome(first) or outcome(second)
        case _:
            assert_never(test)
