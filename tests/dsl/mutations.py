"""Single-token mutants of the examples: what one wrong token costs in messages and in steps.

``python -m tests.dsl.mutations [--seed N] [--count N]`` prints the figures. A mutant that happens to be a valid
program says nothing about recovery and is left out of the means.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from lark import Token

from dsl import parse
from dsl.formatter.pieces import tokens
from tests.dsl.texts import ROOT, step_ids

COUNT = 400
CHANGES = ("delete", "duplicate", "replace", "insert", "swap")


@dataclass(frozen=True)
class Mutant:
    """``text`` is ``original`` with one token changed."""

    original: str
    text: str
    change: str


@dataclass(frozen=True)
class Figures:
    """Of ``mutants``, ``wrong`` had syntax errors: ``messages`` of them in the mean, ``most`` for one; ``kept`` is
    the share of the originals' steps that were still there."""

    mutants: int
    wrong: int
    messages: float
    most: int
    kept: float


@lru_cache(maxsize=1)
def originals() -> tuple[tuple[str, tuple[Token, ...]], ...]:
    """Every example with its tokens."""
    paths = sorted((ROOT / "examples").rglob("*.weft"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return tuple((text, tuple(tokens(text))) for text in texts if not parse(text).diagnostics)


def mutants(seed: int, count: int = COUNT) -> Iterator[Mutant]:
    """The same mutants for the same seed and the same examples."""
    random = Random(seed)
    for _ in range(count):
        text, written = random.choice(originals())
        place = random.randrange(len(written) - 1)
        token, following, other = written[place], written[place + 1], random.choice(written)
        start, end = token.start_pos or 0, token.end_pos or 0
        change = random.choice(CHANGES)
        match change:
            case "delete":
                changed = text[:start] + text[end:]
            case "duplicate":
                changed = f"{text[:end]} {token}{text[end:]}"
            case "replace":
                changed = text[:start] + other + text[end:]
            case "insert":
                changed = f"{text[:start]}{other} {text[start:]}"
            case _:
                between = text[end : following.start_pos]
                changed = text[:start] + following + between + token + text[following.end_pos :]
        yield Mutant(text, changed, change)


def measure(seed: int, count: int = COUNT) -> Figures:
    messages: list[int] = []
    kept = total = 0
    for mutant in mutants(seed, count):
        parsed = parse(mutant.text)
        if not parsed.diagnostics:
            continue
        messages.append(len(parsed.diagnostics))
        whole = Counter(step_ids(parse(mutant.original).workflow))
        kept += sum((whole & Counter(step_ids(parsed.workflow))).values())
        total += sum(whole.values())
    return Figures(count, len(messages), sum(messages) / len(messages), max(messages), kept / total)


def main() -> None:
    parser = argparse.ArgumentParser(description="What one wrong token costs in messages and in steps.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=COUNT)
    options = parser.parse_args()
    found = measure(options.seed, options.count)
    print(
        f"{found.mutants} mutants of {len(originals())} examples, {found.wrong} of them with errors: "
        f"{found.messages:.2f} diagnostics in the mean (at most {found.most}), "
        f"{found.kept:.1%} of the steps kept, no exception"
    )


if __name__ == "__main__":
    main()
