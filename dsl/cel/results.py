"""What the library has computed, as plain JSON: bounded, and with nulls that may be kept.

The library hands out Python's ``None`` without counting the reference, in each null that it converts. Before Python
3.12, where ``None`` is not counted any more, some ten thousand nulls in results would end the process. So each is
counted here; where a version of the library does so too, there is one reference too many, which hurts nobody.
"""

from __future__ import annotations

import ctypes
from datetime import datetime, timedelta
from typing import Any

from dsl.cel.bounds import Room
from dsl.cel.errors import ExpressionError
from dsl.cel.functions import plain
from dsl.cel.printing import show_value
from dsl.plan import Json

_COUNT = ctypes.pythonapi.Py_IncRef
_COUNT.argtypes = [ctypes.py_object]
_COUNT.restype = None


def result(value: Any, room: Room) -> Json:
    """A value of the library; times and durations as texts. Raises ExpressionError when there is no room for it, and
    what the library raises."""
    inner = value.value()
    kind = type(inner)
    if kind is str:
        return room.take_text(inner)
    if kind is bool or kind is int:
        return inner
    if inner is None:
        _COUNT(None)
        return None
    if kind is float:
        if inner != inner or inner in (float("inf"), float("-inf")):
            raise ExpressionError("the result is not a number: was something divided by zero?")
        return inner
    if kind is list:
        room.take(len(inner))
        return [result(item, room) for item in inner]
    if kind is dict:
        room.take(len(inner))
        # The library returns fields in an order that differs from process to process.
        fields = [(key if type(key) is str else show_value(plain(key)), item) for key, item in inner.items()]
        return {room.take_text(key): result(item, room) for key, item in sorted(fields, key=_name)}
    match inner:
        case datetime() | timedelta() | bytes() | bytearray():
            return room.take_text(plain(inner))
        case _:
            return room.take_text(str(inner))


def _name(field: tuple[str, Any]) -> str:
    return field[0]
