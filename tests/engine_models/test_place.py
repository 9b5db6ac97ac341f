"""Connections to accounts' models: each name has its own."""

from __future__ import annotations

import asyncio

import pytest

from engine.model.error import ModelError
from engine.ownmodels import Allowed
from engine.ownmodels.place import GuardedBoard


async def test_a_connection_that_was_made_for_one_name_carries_nothing_meant_for_another() -> None:
    """Its certificate was that of the first name: whoever has that one may not be taken for the other."""
    heard: list[list[str]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names: list[str] = []
        heard.append(names)
        while line := await reader.readline():
            if line.lower().startswith(b"host:"):
                names.append(line[5:].strip().decode())
            if line == b"\r\n":
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    board = GuardedBoard(Allowed(frozenset({"127.0.0.1", "127.1"})))
    client = await board.client()
    for name in ("127.0.0.1", "127.1", "127.0.0.1"):
        assert (await client.get(f"http://{name}:{port}/")).text == "ok"
    await board.close()
    server.close()
    await server.wait_closed()
    assert heard == [[f"127.0.0.1:{port}"] * 2, [f"127.1:{port}"]]


async def test_an_address_inside_the_operators_network_is_judged_where_the_connection_is_made() -> None:
    board = GuardedBoard(Allowed(frozenset()))
    client = await board.client()
    with pytest.raises(ModelError, match="inside the operator's network"):
        await client.get("https://127.0.0.1:9/")
    await board.close()
