"""Weft, the workflow language: read it, check it, change it, draw it, lower it. Pure: no input, output or clock."""

from dsl.diagnostic import Diagnostic, Fix, Position, Replacement
from dsl.parse import Parsed, parse
from dsl.position import position

__all__ = [
    "Diagnostic",
    "Fix",
    "Parsed",
    "Position",
    "Replacement",
    "parse",
    "position",
]
