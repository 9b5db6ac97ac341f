"""An editor as the language server sees it: a process, and JSON-RPC over its standard input and output."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
URI = "file:///flows/refund.weft"
WAIT = 30


class Editor:
    """Starts ``python -m deploy lsp`` and talks to it; every wait is bounded by ``WAIT`` seconds."""

    def __init__(self, *words: str, home: Path, encodings: list[str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deploy", "lsp", *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "WEFT_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._number = 0
        self._version = 0
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._set_aside: list[dict[str, Any]] = []
        self.noise = b""
        threading.Thread(target=self._read, daemon=True).start()
        self._errors = threading.Thread(target=self._drain, daemon=True)
        self._errors.start()
        self.errors = b""
        general = {"general": {"positionEncodings": encodings}} if encodings else {}
        completion = {
            "completion": {"completionItem": {"snippetSupport": True}},
            "rename": {"prepareSupport": True},
        }
        self.capabilities = self.ask(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": {"textDocument": completion, **general}},
        )["capabilities"]
        self.tell("initialized", {})

    def _drain(self) -> None:
        assert self._process.stderr is not None
        self.errors = self._process.stderr.read()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            if not header.startswith(b"Content-"):
                self.noise += header
                continue
            length = int(header.split(b":")[1]) if header.startswith(b"Content-Length") else 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                length = int(line.split(b":")[1]) if line.startswith(b"Content-Length") else length
            self._answers.put(json.loads(stream.read(length)))
        self._answers.put(None)

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def answer(self, method: str, params: Any) -> dict[str, Any]:
        """The whole response to a request, error or not."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        return self._until(lambda message: message.get("id") == self._number and "method" not in message)

    def ask(self, method: str, params: Any) -> Any:
        answer = self.answer(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def _until(self, wanted) -> dict[str, Any]:  # type: ignore[no-untyped-def]
        for message in self._set_aside:
            if wanted(message):
                self._set_aside.remove(message)
                return message
        while True:
            message = self._answers.get(timeout=WAIT)
            assert message is not None, f"the server is gone: {self.errors!r}"
            if wanted(message):
                return message
            self._set_aside.append(message)

    # ---- texts

    def open(self, text: str, uri: str = URI) -> list[dict[str, Any]]:
        """Open a text; its diagnostics."""
        self._version = 1
        item = {"uri": uri, "languageId": "weft", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return self.diagnostics(uri)

    def change(self, *changes: dict[str, Any], uri: str = URI) -> None:
        self._version += 1
        document = {"uri": uri, "version": self._version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def diagnostics(self, uri: str = URI) -> list[dict[str, Any]]:
        """The next diagnostics that are about the text as it is now."""

        def latest(message: dict[str, Any]) -> bool:
            params = message.get("params", {})
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version") in (self._version, None)
            )

        found: list[dict[str, Any]] = self._until(latest)["params"]["diagnostics"]
        return found

    def at(self, method: str, line: int, character: int, uri: str = URI, **more: Any) -> Any:
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}, **more}
        return self.ask(f"textDocument/{method}", place)

    def of(self, method: str, uri: str = URI, **more: Any) -> Any:
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri}, **more})

    # ---- the end

    def leave(self) -> int:
        """Say goodbye; the exit code."""
        assert self.ask("shutdown", None) is None
        self.tell("exit", None)
        return self._process.wait(timeout=WAIT)

    def hang_up(self) -> int:
        """Close the line without a word; the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(timeout=WAIT)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(timeout=WAIT)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._errors.join(timeout=WAIT)
