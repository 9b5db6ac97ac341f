"""Random programs: every form of the grammar, with names that mean nothing. Built token by token, then spaced out."""

from __future__ import annotations

from random import Random

_IDS = ["order", "timeout", "step", "items", "x", "call", "in_", "a1", "output", "when"]
_STRINGS = [
    '"paid"',
    '"a b"',
    '"${order.total} for ${x}"',
    '"\\"q\\" \\n"',
    '""',
    "'single'",
    '"100 % \\${no}"',
]
_PROMPTS = [
    '"""\n  Hello ${x.name},\n\n    deeper\n  """',
    '"""one line"""',
    '"""\n\tTab\n\t\tmore"""',
    '"""a\n  b\n"""',
]


class Maker:
    """Tokens of one random program; ``budget`` bounds its size."""

    def __init__(self, random: Random, budget: int = 60) -> None:
        self._random = random
        self._budget = budget
        self._count = 0

    def program(self) -> list[str]:
        tokens = [*self._docs(), "workflow", "demo", "{"]
        for _ in range(self._random.randrange(4)):
            tokens += self._head()
        return [*tokens, *self._steps(3), "}"]

    # ---- header

    def _head(self) -> list[str]:
        value = self.expression(1)
        return self._pick(
            ["use", self._name(), ":", "mcp", '"shop"'],
            ["use", self._name(), ":", "workflow", '"billing/collect"'],
            [*self._docs(), "type", self._name(), ":", *self._type(2)],
            [self._pick("input", "output"), "{", *self._fields(), "}"],
            ["config", "{", *self._fields(), "}"],
            ["secret", self._name()],
            [*self._docs(), "trigger", self._name(), ":", "manual"],
            [
                "trigger",
                self._name(),
                ":",
                "webhook",
                "POST",
                '"/x"',
                "verify",
                *value,
                "with",
                "(",
                *self._args(),
                ")",
            ],
            ["trigger", self._name(), ":", "schedule", '"0 9 * * *"', "timezone", '"Europe/Paris"'],
            ["trigger", self._name(), ":", "event", '"e"', "when", *value, "with", "(", ")"],
        )

    def _fields(self) -> list[str]:
        tokens: list[str] = []
        for _ in range(self._random.randrange(3)):
            default = ["=", *self.expression(1)] if self._chance(3) else []
            tokens += [*self._docs(), self._name(), ":", *self._type(2), *default, ","]
        return tokens if self._chance(2) else tokens[:-1]

    def _type(self, depth: int) -> list[str]:
        if depth == 0:
            return [self._pick("string", "int", "float", "bool", "Invoice", '"paid"')]
        inner = self._type(depth - 1)
        return self._pick(
            inner,
            [*inner, "[", "]"],
            [*inner, "?"],
            ["map", "<", *inner, ">"],
            ["(", *inner, "|", *self._type(0), ")", "[", "]", "?"],
            [*self._type(0), "|", *self._type(0)],
            ["{", "a", ":", *inner, ",", "b", ":", *self._type(0), "}"],
        )

    # ---- steps

    def _steps(self, depth: int) -> list[str]:
        tokens: list[str] = []
        for _ in range(self._random.randrange(1, 4)):
            if self._budget > 0:
                tokens += self._step(depth)
        return tokens

    def _step(self, depth: int) -> list[str]:
        self._budget -= 1
        self._count += 1
        notes = ["@", "cost", "(", "usd", ":", "0.02", ")"] if self._chance(8) else []
        begin = [*self._docs(), *notes, "step", f"s{self._count}", ":"]
        tokens = [*begin, *self._kind(depth)]
        for _ in range(self._random.randrange(3)):
            tokens += self._clause(depth)
        return tokens

    def _kind(self, depth: int) -> list[str]:
        value, other = self.expression(2), self.expression(1)
        simple = (
            ["call", "shop", ".", self._pick("get_order", "check-it", "a/b"), "(", *self._args(), ")"],
            ["run", "collect", "(", *self._args(), ")"],
            ["let", *value],
            ["return", *value],
            ["fail", '"code"', "with", *value],
            ["wait", "3d12h"],
            ["wait", "until", *value],
            ["wait", "event", '"paid"', "when", *value],
        )
        if depth == 0 or self._chance(2):
            return self._pick(*simple)
        block = self._block(depth - 1)
        return self._pick(
            ["if", *value, *block, "else", "if", *other, *self._block(0), "else", *self._block(depth - 1)],
            ["if", *value, *block],
            ["switch", *value, "{", "case", '"a"', ",", "2", *block, "default", *self._block(0), "}"],
            ["parallel", *self._pick([], ["any"], ["settle"]), *block],
            ["do", *block],
            ["foreach", "item", "in", *value, *self._pick([], ["concurrency", "5"]), *block],
            ["loop", "with", "acc", "=", *other, "while", *value, "max", "10", *block],
            ["loop", "until", *value, "max", "3", *block],
            ["approve", "by", "role", '"manager"', ",", "user", *other, "{", *self._approval(depth), "}"],
            ["agent", '"balanced"', "{", *self._agent(), "}"],
        )

    def _approval(self, depth: int) -> list[str]:
        parts = [
            ["title", *self.expression(1)],
            ["show", *self.expression(1), ",", *self.expression(1)],
            ["quorum", "2"],
            ["within", "24h"],
            ["escalate", "after", "12h", "to", "role", '"director"'],
            ["on", "reject", *self._block(depth - 1)],
            ["on", "timeout", *self._block(0)],
        ]
        return [token for part in parts if self._chance(2) for token in part]

    def _agent(self) -> list[str]:
        parts = [
            ["system", *self.expression(1)],
            ["prompt", self._pick(*_PROMPTS)],
            ["tools", "shop", ".", "get_order", ",", "mail", ".", "send"],
            ["output", *self._type(2)],
            ["max_turns", "8"],
            ["budget", "0.25"],
        ]
        return [token for part in parts if self._chance(2) for token in part]

    def _block(self, depth: int) -> list[str]:
        steps = self._steps(depth) if self._chance(5, of=6) else []
        return ["{", *steps, *(["yield", *self.expression(1)] if self._chance(3) else []), "}"]

    def _clause(self, depth: int) -> list[str]:
        return self._pick(
            ["after", "order", ",", "x"],
            ["timeout", "30s"],
            ["retry", "3", "backoff", "500ms", "to", "10s", "on", '"timeout"', ",", '"unavailable"'],
            ["retry", "2"],
            ["key", *self.expression(1)],
            ["compensate", *self._block(max(0, depth - 1))],
            ["catch", '"timeout"', ",", '"gone"', "as", "e", *self._block(0)],
            ["catch", *self._block(0)],
        )

    def _args(self) -> list[str]:
        tokens: list[str] = []
        for _ in range(self._random.randrange(4)):
            tokens += [self._pick(*_IDS, '"quoted-name"'), ":", *self.expression(2), ","]
        return tokens if self._chance(2) else tokens[:-1]

    # ---- expressions

    def expression(self, depth: int) -> list[str]:
        if depth == 0:
            return [self._pick("order", "x", "1", "2.5", "true", "null", "24h", *_STRINGS, *_PROMPTS)]
        one, two = self.expression(depth - 1), self.expression(depth - 1)
        return self._pick(
            one,
            ["order", ".", "total"],
            ["order", ".?", "total"],
            ["items", ".", "filter", "(", "r", ",", *one, ")"],
            ["size", "(", *one, ",", *two, ")"],
            ["items", "[", *one, "]"],
            ["[", *one, ",", *two, "]"],
            ["[", "]"],
            ["{", "a", ":", *one, ",", '"b"', ":", *two, ",", "(", "x", ")", ":", "1", "}"],
            ["{", "}"],
            ["(", *one, self._pick("||", "&&", "<", ">=", "==", "in", "+", "-", "*", "%"), *two, ")"],
            ["!", "(", *one, ")"],
            ["-", "x"],
            ["1", "-", "-", "x"],
            ["(", "x", "?", *one, ":", *two, ")"],
            ["(", "x", ">", "1", "?", "[", "]", ":", "order", ")"],
        )

    # ---- chance

    def _docs(self) -> list[str]:
        return ["/// What it is for.\n"] * self._random.randrange(3) if self._chance(5) else []

    def _name(self) -> str:
        return self._random.choice(_IDS)

    def _pick(self, *choices):  # type: ignore[no-untyped-def]
        return self._random.choice(choices)

    def _chance(self, one_in: int, *, of: int = 0) -> bool:
        return self._random.randrange(of or one_in) < (one_in if of else 1)


def spaced(tokens: list[str], random: Random) -> str:
    """The tokens with all sorts of white space and comments between them."""
    text = ""
    for number, token in enumerate(tokens):
        text += token
        choice = random.randrange(14)
        if choice == 0:
            text += f" // trailing {number}\n"
        elif choice == 1:
            text += f"\n\n\n   // own line {number}\n"
        elif choice < 5:
            text += random.choice(["\n", "\n\n", "\r\n", "\n\n\n\n", "\n\t"])
        elif token not in "([" or choice < 9:
            text += " "
    return text


def program(seed: int) -> str:
    """A random valid program; the same for the same seed."""
    random = Random(seed)
    return spaced(Maker(random).program(), random)
