"""Every way of going wrong is one of seven errors, none of which holds a key, and a call ends when nobody waits."""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from engine.model import ChatModel, ModelEntry, ModelError, ProviderName, Times
from engine.model.wire import MOST_WAIT_S, retry_after
from studio.designer.scripted import (
    BreakOff,
    Garbage,
    Line,
    Say,
    ScriptedModel,
    Silence,
    Stall,
    Status,
    Trouble,
    Use,
    Verbatim,
)
from tests.engine_model.kit import ASKED, BOTH, KEY, QUICK, Book, entry, failure

WAYS: list[tuple[str, Line, str]] = [
    ("a wrong key", Status(401), "refused"),
    ("a forbidden key", Status(403), "refused"),
    ("no such model", Status(404), "refused"),
    ("a request it does not take", Status(400), "refused"),
    ("no credit", Status(429, kind="insufficient_quota"), "refused"),
    ("too many", Status(429), "rate_limited"),
    ("too slow a gateway", Status(504), "timeout"),
    ("a broken server", Status(500), "unreachable"),
    ("an overloaded service", Status(529), "unreachable"),
    ("no json", Garbage(), "bad_answer"),
    ("json of another shape", Garbage('["a list"]'), "bad_answer"),
    (
        "a number for an object",
        Garbage('{"type": "content_block_delta", "choices": [7], "index": 0}'),
        "bad_answer",
    ),
    ("nothing at all", Verbatim(""), "bad_answer"),
    ("half a stream", BreakOff("an answer that is cut"), "bad_answer"),
    ("an error behind a good beginning", Trouble("so far"), "unreachable"),
    ("too many behind a good beginning", Trouble("so far", "rate_limit_error"), "rate_limited"),
]


@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(("line", "code"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
async def test_a_failure_has_its_code_its_words_and_its_record(
    line: Line, code: str, provider: ProviderName, caplog: pytest.LogCaptureFixture
) -> None:
    book = Book()
    with caplog.at_level(logging.DEBUG):
        async with ScriptedModel([line]) as server:
            error = await failure(ChatModel([entry(server, provider)]), book)
    assert error.code == code
    assert error.message and error.help
    assert book.codes == [code]
    shown = "".join(traceback.format_exception(error)) + repr(error) + error.help + repr(book.calls)
    assert "canary" not in shown + caplog.text
    assert "scripted" not in error.message + error.help


def test_the_canary_would_be_seen() -> None:
    assert "canary" in KEY


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    error = await failure(ChatModel([ModelEntry("openai", "http://127.0.0.1:9/v1", "m", KEY)]))
    assert error.code == "unreachable"


@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize(
    ("line", "times", "words"),
    [
        (Silence(), replace(QUICK, first_s=0.05), "did not begin to answer within 0.05 s"),
        (Say("late", first_s=60), replace(QUICK, first_s=0.05), "did not begin to answer within 0.05 s"),
        (Stall("an answer that stops"), replace(QUICK, idle_s=0.05), "fell silent for 0.05 s"),
        (Say("on and on" * 99, pause_s=0.01), replace(QUICK, total_s=0.15), "longer than 0.15 s"),
    ],
    ids=["never answers", "answers late", "falls silent", "does not end"],
)
async def test_each_limit_of_time_says_which_it_is(
    line: Line, times: Times, words: str, provider: ProviderName
) -> None:
    async with ScriptedModel([line]) as server, asyncio.timeout(5):
        error = await failure(ChatModel([entry(server, provider, times=times)]))
        async with asyncio.timeout(3):
            await server.hung_up.wait()
    assert error.code == "timeout"
    assert words in error.message


@pytest.mark.parametrize("provider", BOTH)
async def test_calling_an_answer_off_closes_the_connection_and_is_recorded(provider: ProviderName) -> None:
    book = Book()
    async with ScriptedModel([Say("one two three", piece=4, pause_s=60)]) as server, asyncio.timeout(5):
        stream = ChatModel([entry(server, provider)]).stream(ASKED, book)
        assert await anext(stream) == "one "
        assert not server.hung_up.is_set()
        await stream.aclose()
        await server.hung_up.wait()
    assert book.codes == ["cancelled"]


@pytest.mark.parametrize("provider", BOTH)
async def test_a_task_that_is_cancelled_before_the_first_word_closes_the_connection(
    provider: ProviderName,
) -> None:
    book = Book()
    reached = asyncio.Event()

    def silent(request: object) -> Line:
        reached.set()
        return Silence()

    async with ScriptedModel(silent) as server, asyncio.timeout(5):
        task = asyncio.create_task(ChatModel([entry(server, provider)]).turn(ASKED, [], book))
        await reached.wait()
        task.cancel()
        await server.hung_up.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert book.codes == ["cancelled"]


async def test_a_book_that_cannot_be_written_costs_no_answer() -> None:
    async def broken(call: object) -> None:
        raise RuntimeError("the book is full")

    async with ScriptedModel([Say("all the same")]) as server:
        turn = await ChatModel([entry(server)]).turn(ASKED, [], broken)
    assert turn.text == "all the same"


@pytest.mark.parametrize(
    "line", [Say("x" * 300_000, piece=50_000), Use((("a", "{}"),) * 300)], ids=["words", "tools"]
)
async def test_a_model_that_does_not_stop_talking_is_stopped(line: Line) -> None:
    async with ScriptedModel([line]) as server:
        error = await failure(ChatModel([entry(server)]))
    assert (error.code, "does not stop" in error.message) == ("bad_answer", True)


@pytest.mark.parametrize("provider", BOTH)
async def test_a_server_that_says_when_to_come_again_is_heard(provider: ProviderName) -> None:
    async with ScriptedModel([Status(429, retry_after="7")]) as server:
        error = await failure(ChatModel([entry(server, provider)]))
    assert (error.code, error.retry_after_s, error.status) == ("rate_limited", 7.0, 429)


def test_when_to_come_again_is_read_in_seconds_milliseconds_and_as_a_date() -> None:
    assert retry_after({"retry-after": "1.5"}) == 1.5
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after({"retry-after": "99999999"}) == MOST_WAIT_S
    assert retry_after({"retry-after": "-3"}) == 0.0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "nan"}) is None
    assert retry_after({}) is None
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < (retry_after({"retry-after": later}) or 0) <= 100


async def test_a_connection_that_was_closed_meanwhile_is_opened_anew() -> None:
    """The server answers the first request, keeps the connection, and closes it when the second comes."""
    served = 0
    answer = b'data: {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        text = await reader.readuntil(b"\r\n\r\n")
        served += 1
        length = int(text.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.write(head + answer)
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    model = ChatModel([ModelEntry("openai", f"http://127.0.0.1:{port}/v1", "m")])
    for _ in range(3):
        assert (await model.turn(ASKED)).text == "hi"
    assert served == 3
    server.close()


async def test_a_key_does_not_follow_where_a_server_points_to() -> None:
    async with ScriptedModel([Say("here")]) as elsewhere:
        answer = (
            f"HTTP/1.1 307 Moved\r\nlocation: {elsewhere.url}/chat/completions\r\ncontent-length: 0\r\n\r\n"
        )

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.encode())
            await reader.read(1)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        error = await failure(ChatModel([ModelEntry("openai", f"http://127.0.0.1:{port}/v1", "m", KEY)]))
        server.close()
    assert (error.code, error.status, elsewhere.requests) == ("refused", 307, [])


async def test_a_server_that_never_ends_an_event_fills_nobodys_memory() -> None:
    line = b"data: " + b"x" * 100_000 + b"\n"
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        try:
            while sent < 200:
                writer.write(line)
                await writer.drain()
                sent += 1
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    error = await failure(ChatModel([ModelEntry("openai", f"http://127.0.0.1:{port}/v1", "m", KEY)]))
    server.close()
    assert error.code == "bad_answer" and "without an end" in error.message
    assert sent < 200


def test_every_code_has_help() -> None:
    for code in ("unreachable", "timeout", "rate_limited", "refused", "bad_answer", "budget", "circuit_open"):
        assert ModelError(code, "m").help  # type: ignore[arg-type]
