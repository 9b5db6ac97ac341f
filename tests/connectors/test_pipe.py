"""Lines from a server that cannot be trusted: bounded, and answered in its place when they are no message."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pytest
from mcp.shared.message import SessionMessage

from connectors import StdioToolset, ToolError
from connectors.pipe import DRAINED_BYTES_A_S, LINE_BYTES, Lines, TooLong, read
from tests.connectors.conftest import ROOT, opened


def cut(pieces: list[bytes], most: int = 1000) -> list[Any]:
    lines = Lines(most)
    return [line for piece in pieces for line in lines.feed(piece)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_come_whole_however_the_stream_is_cut(size: int) -> None:
    text = b'{"a":1}\n\n{"b":"two"}\nunfinished'
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert cut(pieces) == [b'{"a":1}', b"", b'{"b":"two"}']


@pytest.mark.parametrize("size", [1, 999, 1000, 1001, 5000, 20_000])
def test_of_a_line_that_is_too_long_the_ends_are_kept(size: int) -> None:
    line = b"head" + b"x" * 10_000 + b"tail"
    text = line + b"\nnext\n"
    (long, after) = cut([text[start : start + size] for start in range(0, len(text), size)])
    assert isinstance(long, TooLong) and long.size == len(line)
    assert long.head.startswith(b"head") and long.tail.endswith(b"tail") and len(long.tail) <= 512
    assert after == b"next"


def test_a_long_line_is_never_held() -> None:
    lines = Lines(1000)
    for _ in range(10_000):
        assert list(lines.feed(b"x" * 1000)) == []
        assert sum(map(len, lines._parts)) <= 2000
    assert [line.size for line in lines.feed(b"\n") if isinstance(line, TooLong)] == [10_000_000]


def told(line: bytes | TooLong) -> tuple[Any, str]:
    message = read(line)
    assert isinstance(message, SessionMessage), message
    answer = json.loads(message.message.model_dump_json(by_alias=True))
    return answer["id"], answer["error"]["data"]["code"]


@pytest.mark.parametrize(
    ("text", "id"),
    [
        (b'{"jsonrpc":"2.0","id":7,"result":%s}', 7),
        (b'{"id":"seven","jsonrpc":"2.0","result":%s}', None),
        (b' { "jsonrpc" : "2.0" , "id" : "seven" , "result" : %s}', "seven"),
        (b'{"jsonrpc":"2.0","result":%s,"id":7}', 7),
        (b'{"jsonrpc":"2.0","result":%s, "id": 7 }\r', 7),
    ],
)
def test_an_answer_that_cannot_be_read_is_an_error_for_the_call_it_answers(text: bytes, id: Any) -> None:
    deep = b"[" * 10_000 + b"]" * 10_000
    surrogate = b'{"text":"\\ud800"}'
    for inside in (deep, surrogate, b'"\xff"', b"{"):
        line = text % inside
        if id is None:
            assert isinstance(read(line), Exception)
        else:
            assert told(line) == (id, "invalid_result")
            assert told(TooLong(line[:512], line[-512:], 10**8)) == (id, "too_large")


@pytest.mark.parametrize(
    "line",
    [
        b"Listening on port 8000",
        b'{"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"a":"\\ud800"}}',
        b'{"jsonrpc":"2.0","method":"note","params":{"a":"\\ud800","id":7}}',
        b'{"jsonrpc":"2.0","result":{"a":"\\ud800","id":7}}',
    ],
)
def test_what_answers_no_call_is_no_answer(line: bytes) -> None:
    assert isinstance(read(line), Exception)


async def test_a_call_with_a_long_answer_fails_before_it_was_all_read_and_others_wait() -> None:
    toolset = StdioToolset("odd", [sys.executable, "-m", "tests.poison.server"], {"PYTHONPATH": str(ROOT)})
    async with opened(toolset):
        began = time.monotonic()
        with pytest.raises(ToolError) as caught:
            await toolset.call("huge", {"megabytes": 40}, key=None, timeout_s=30)
        failed = time.monotonic()
        assert caught.value.code == "too_large"
        assert (await toolset.call("quick", {"n": 3}, key=None, timeout_s=30)).unwrap() == {"n": 3}
        slow = (40 * 1024 * 1024 - LINE_BYTES) / DRAINED_BYTES_A_S
        assert time.monotonic() - failed > slow / 2 and failed - began < 20


async def test_a_server_that_does_not_stop_flooding_us_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.pipe.MOST_DRAINED_BYTES", LINE_BYTES + 1_000_000)
    toolset = StdioToolset("odd", [sys.executable, "-m", "tests.poison.server"], {"PYTHONPATH": str(ROOT)})
    async with opened(toolset):
        with pytest.raises(ToolError) as caught:
            await toolset.call("huge", {"megabytes": 40}, key=None, timeout_s=30)
        assert caught.value.code == "too_large"
        with pytest.raises(ToolError) as caught:
            await toolset.call("quick", {"n": 3}, key=None, timeout_s=30)
        assert caught.value.code == "unavailable"


async def test_a_server_that_floods_us_is_told_off_and_goes_on() -> None:
    toolset = StdioToolset("odd", [sys.executable, "-m", "tests.poison.server"], {"PYTHONPATH": str(ROOT)})
    async with opened(toolset):
        for name, arguments, code in (
            ("huge", {"megabytes": 20}, "too_large"),
            ("deep", {}, "invalid_result"),
            ("surrogate", {}, "invalid_result"),
        ):
            with pytest.raises(ToolError) as caught:
                await toolset.call(name, arguments, key=None, timeout_s=30)
            assert (caught.value.code, caught.value.outcome) == (code, "unknown")
        assert (await toolset.call("quick", {"n": 3}, key=None, timeout_s=30)).unwrap() == {"n": 3}
