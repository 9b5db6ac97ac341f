"""What an answer must look like, where the server can hold a model to it; and what a server can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

GrammarWay: TypeAlias = Literal["openai", "vllm", "vllm-guided", "llguidance"]
"""How a grammar is sent: as OpenAI's custom tool, as vLLM's ``structured_outputs``, as ``guided_grammar`` of older
vLLM, or as ``grammar`` of llama.cpp's server built with llguidance."""

GRAMMAR_WAYS: tuple[GrammarWay, ...] = ("openai", "vllm", "vllm-guided", "llguidance")


@dataclass(frozen=True, slots=True)
class Grammar:
    """The answer is a sentence of this grammar, in the Lark dialect of llguidance."""

    lark: str


@dataclass(frozen=True, slots=True)
class JsonShape:
    """The answer is JSON that fits ``schema``. ``name``: letters, digits and _ only."""

    name: str
    schema: dict[str, Any]


Shape: TypeAlias = Grammar | JsonShape


def length_of(shape: Shape) -> int:
    """In characters, about."""
    return len(shape.lark) if isinstance(shape, Grammar) else len(str(shape.schema))


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``tools``: it asks for tools when it is given some. ``grammar``: how it takes a grammar, None: it takes none.
    ``json_schema``: it can be held to a JSON Schema."""

    tools: bool = False
    grammar: GrammarWay | None = None
    json_schema: bool = False

    def takes(self, shape: Shape) -> bool:
        return self.json_schema if isinstance(shape, JsonShape) else self.grammar is not None
