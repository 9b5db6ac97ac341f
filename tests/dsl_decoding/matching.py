"""A constrained decoder at hand: texts read byte by byte, and random walks over what it allows."""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

import llguidance
from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

from dsl.catalog import Catalog
from dsl.grammar import grammar
from dsl.recovery import grammar_word

_CLOSING = re.compile(r"""[})\]"']+""")
_SMALL = [" ", "\n  ", *"{}()[],:.\"'|&<>=!?+-*%@$\\#_", "${", '"""', "x", "y", "A", "1", "20"]


class Vocabulary:
    """The tokens of a made tokenizer: every byte, then ``words``, then the end of the text. ``sensible`` are the
    numbers of the words, those of one letter included."""

    def __init__(self, words: list[bytes]) -> None:
        longer = [word for word in words if len(word) > 1]
        self.tokens = [*(bytes([n]) for n in range(256)), *longer, b"<end>"]
        self.sensible = {word[0] for word in words if len(word) == 1} | set(range(256, 256 + len(longer)))
        self.eos_token_id = len(self.tokens) - 1
        self.bos_token_id = None
        self.special_token_ids = [self.eos_token_id]

    def __call__(self, text: bytes | str) -> list[int]:
        return list(text if isinstance(text, bytes) else text.encode())


@lru_cache(maxsize=1)
def _bytes() -> LLTokenizer:
    return LLTokenizer(TokenizerWrapper(Vocabulary([])), slices=[])


def vocabulary(catalog: Catalog) -> Vocabulary:
    """Words of the language, names of the catalog, and the signs that hold them together."""
    words = {grammar_word(terminal.name) for terminal in grammar().terminals} - {""}
    for connector in catalog.connectors.values():
        words |= {connector.name, *connector.tools}
        words |= {
            name for tool in connector.tools.values() for name in tool.input_schema.get("properties", {})
        }
    return Vocabulary(sorted({word.encode() for word in words | set(_SMALL)}))


def accepts(decoding: str, text: str) -> bool:
    """Whether a decoder could have written ``text``, from its first byte to its end."""
    matcher = LLMatcher(_bytes(), LLMatcher.grammar_from_lark(decoding))
    assert not matcher.is_error(), matcher.get_error()
    raw = text.encode()
    return matcher.try_consume_tokens(list(raw)) == len(raw) and matcher.is_accepting()


class Acceptor:
    """:func:`accepts` for many texts and one grammar, which is read once."""

    def __init__(self, decoding: str) -> None:
        self._matcher = LLMatcher(_bytes(), LLMatcher.grammar_from_lark(decoding))
        assert not self._matcher.is_error(), self._matcher.get_error()

    def refused_at(self, text: str) -> int | None:
        """The first byte that a decoder would not have written; None when it could have written all of it."""
        matcher = self._matcher.deep_copy()
        raw = text.encode()
        read = matcher.try_consume_tokens(list(raw))
        return None if read == len(raw) and matcher.is_accepting() else read


class Walker:
    """Random walks over what a decoder allows, token by token."""

    def __init__(self, decoding: str, catalog: Catalog) -> None:
        self._vocabulary = vocabulary(catalog)
        tokenizer = LLTokenizer(TokenizerWrapper(self._vocabulary), slices=[])
        self._matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(decoding))
        assert not self._matcher.is_error(), self._matcher.get_error()
        self._words = self._vocabulary.sensible
        self._closing = frozenset(
            n for n in self._words if _CLOSING.fullmatch(self._vocabulary.tokens[n].decode())
        )

    def walk(self, seed: int, enough: int = 120, most: int = 3_000) -> str | None:
        """A text of the grammar. After ``enough`` tokens it takes what closes something; None past ``most``."""
        random = Random(seed)
        matcher = self._matcher.deep_copy()
        written = b""
        for count in range(most):
            if matcher.is_accepting() or matcher.is_stopped():
                return written.decode()
            mask = matcher.compute_bitmask()
            allowed = [n for n in range(len(self._vocabulary.tokens) - 1) if mask[n // 8] >> (n % 8) & 1]
            assert allowed, (matcher.get_error(), written)
            token = self._pick(random, allowed, written, late=count > enough)
            assert matcher.consume_token(token), matcher.get_error()
            written += self._vocabulary.tokens[token]
        return None

    def _pick(self, random: Random, allowed: list[int], written: bytes, *, late: bool) -> int:
        """One of the allowed tokens: one space is enough, no comments, and rather a step than the end of a block."""
        tokens = self._vocabulary.tokens
        spaced = written[-1:].isspace()
        sound = [
            n for n in allowed if not (spaced and tokens[n].isspace()) and not tokens[n].startswith(b"/")
        ]
        sound = [n for n in sound if n in self._words] or sound or allowed
        step = [n for n in sound if tokens[n] in (b"step", b"call")]
        closing = [n for n in sound if n in self._closing and (late or tokens[n] != b"}")]
        if closing and (late or random.randrange(4) == 0):
            return random.choice(closing)
        return random.choice(step if step and not late and random.randrange(2) else sound)


__all__ = ["Acceptor", "Walker", "accepts", "llguidance", "vocabulary"]
