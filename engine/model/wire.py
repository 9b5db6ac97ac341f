"""HTTP to a model server: a POST whose answer is a stream of events, and what its refusals mean.

The two protocols are spoken here directly. Their libraries leave out what is needed (a custom tool's input as it
comes), read variables of the environment of their own, and take one to three seconds to import.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from connectors.tracing import TRACEPARENT
from engine.model.entry import ModelEntry
from engine.model.error import ModelError

if TYPE_CHECKING:
    import httpx

MOST_WAIT_S: Final = 3600.0
_LONGEST_EVENT: Final = 4_000_000
_LONGEST_REFUSAL: Final = 20_000


async def events(
    client: httpx.AsyncClient, entry: ModelEntry, path: str, headers: Mapping[str, str], body: dict[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    """The JSON objects of the answer, in order; ends where the server says ``[DONE]`` or closes. ``ModelError``s only.

    No limit of time but the one for connecting: whoever reads sets the others.
    """
    import httpx

    sent = {"accept": "text/event-stream", "content-type": "application/json", **headers}
    if (traceparent := TRACEPARENT.get()) is not None:
        sent["traceparent"] = traceparent
    timeout = httpx.Timeout(None, connect=entry.times.connect_s, pool=entry.times.connect_s)
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    request = client.build_request("POST", entry.url + path, headers=sent, content=content, timeout=timeout)
    # What httpx raises may hold headers, and so the key: none of it is passed on, not even as a cause.
    begun = False
    try:
        async with aclosing(await _response(client, request)) as response:
            if response.status_code != 200:
                raise refusal(entry, response.status_code, response.headers, await _start_of(response))
            async with aclosing(_data(response.aiter_bytes())) as lines:
                async for line in lines:
                    if line == "[DONE]":
                        return
                    begun = True
                    yield _object(entry, line)
    except httpx.ConnectTimeout:
        raise ModelError("unreachable", f"The server of the model {entry.model!r} does not answer.") from None
    except httpx.TimeoutException:
        raise ModelError("timeout", f"The model {entry.model!r} did not answer in time.") from None
    except (httpx.RemoteProtocolError, httpx.ReadError):
        if begun:
            raise broken_off(entry) from None
        raise ModelError(
            "unreachable", f"The server of the model {entry.model!r} closed the connection."
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        raise ModelError(
            "unreachable", f"The server of the model {entry.model!r} cannot be reached."
        ) from None


async def _response(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The head of the answer. A connection that was kept open and turns out to be closed is no failure of the server:
    the request goes out once more, on a new one."""
    import httpx

    try:
        return await client.send(request, stream=True)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
        return await client.send(request, stream=True)


def broken_off(entry: ModelEntry) -> ModelError:
    return ModelError("bad_answer", f"The model {entry.model!r} stopped in the middle of its answer.")


def cut_off(entry: ModelEntry) -> ModelError:
    return ModelError(
        "bad_answer",
        f"The answer of the model {entry.model!r} became longer than it may be, and was cut off.",
        "Ask for less at once, or choose a model with longer answers.",
    )


def withheld(entry: ModelEntry) -> ModelError:
    return ModelError(
        "bad_answer", f"The provider of the model {entry.model!r} held its answer back.", "Say it otherwise."
    )


def unreadable(entry: ModelEntry) -> ModelError:
    return ModelError("bad_answer", f"What the model {entry.model!r} sent cannot be read.")


def told_in_the_stream(entry: ModelEntry, error: Any) -> ModelError:
    """An error that comes after a good beginning: the status is lost then, only its name is there."""
    kind = str(error.get("type") or error.get("code") or "") if isinstance(error, dict) else ""
    if "rate_limit" in kind:
        return ModelError(
            "rate_limited", f"The model {entry.model!r} takes no more requests at the moment.", status=429
        )
    return ModelError("unreachable", f"The server of the model {entry.model!r} broke its answer off.")


def refusal(entry: ModelEntry, status: int, headers: Mapping[str, str], text: str) -> ModelError:
    """What an answer that is no 200 means. The server's words are looked at for a few known names, never passed on."""
    name, wait = repr(entry.model), retry_after(headers)
    kinds = _kinds(text)
    match status:
        case 401 | 403:
            return ModelError("refused", f"The server of the model {name} refused the key.", status=status)
        case 404:
            return ModelError(
                "refused", f"The server has no model {name}, or nothing at this address.", status=404
            )
        case 429 if "insufficient_quota" in kinds:
            return ModelError(
                "refused",
                f"The key of the model {name} has no credit left.",
                "Add credit at the provider, or use another key.",
                status=429,
            )
        case 429:
            return ModelError(
                "rate_limited",
                f"The model {name} takes no more requests at the moment.",
                retry_after_s=wait,
                status=429,
            )
        case 408 | 504:
            return ModelError(
                "timeout", f"The model {name} did not answer in time.", retry_after_s=wait, status=status
            )
        case _ if status >= 500:
            return ModelError(
                "unreachable",
                f"The server of the model {name} answered with an error ({status}).",
                retry_after_s=wait,
                status=status,
            )
        case _ if "context_length_exceeded" in kinds or status == 413:
            return ModelError(
                "refused",
                f"This is longer than the model {name} can read at once.",
                "Begin a new conversation, or choose a model that reads more.",
                status=status,
            )
        case _:
            return ModelError(
                "refused", f"The server of the model {name} refused the request ({status}).", status=status
            )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, at most an hour; from seconds, milliseconds or a date."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        said = headers.get(name, "").strip()
        if not said:
            continue
        try:
            seconds = float(said) / unit
        except ValueError:
            try:
                until = parsedate_to_datetime(said)
            except ValueError:
                continue
            now = datetime.now(UTC)
            seconds = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp()
        if seconds == seconds:  # not NaN
            return min(max(seconds, 0.0), MOST_WAIT_S)
    return None


def _kinds(text: str) -> set[str]:
    try:
        error = json.loads(text)["error"]
        return {str(error.get("type")), str(error.get("code"))}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _object(entry: ModelEntry, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise unreadable(entry) from None
    if not isinstance(value, dict):
        raise unreadable(entry)
    return value


async def _start_of(response: httpx.Response) -> str:
    text = b""
    async for piece in response.aiter_bytes():
        text += piece
        if len(text) >= _LONGEST_REFUSAL:
            break
    return text.decode("utf-8", "replace")


async def _data(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """What stands behind ``data:`` in a stream of server-sent events; several lines of one event are one."""
    rest, lines, length = b"", list[str](), 0
    async for piece in pieces:
        *whole, rest = (rest + piece).replace(b"\r\n", b"\n").split(b"\n")
        if len(rest) > _LONGEST_EVENT:
            raise ModelError("bad_answer", "The model server sends one line without an end.")
        for raw in whole:
            line = raw.decode("utf-8", "replace").rstrip("\r")
            if line.startswith("data:"):
                lines.append(line[5:].removeprefix(" "))
                length += len(raw)
                if length > _LONGEST_EVENT:
                    raise ModelError("bad_answer", "The model server sends one event without an end.")
            elif not line and lines:
                yield "\n".join(lines)
                lines.clear()
                length = 0
    if rest.startswith(b"data:"):
        lines.append(rest[5:].decode("utf-8", "replace").strip())
    if lines:
        yield "\n".join(lines)
