"""A small real SMTP server on loopback: what it was given, and how it behaves."""

from __future__ import annotations

import queue
import socketserver
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Literal, cast

Manner = Literal["takes", "full", "no such person", "hangs", "drops", "wants login"]


@dataclass(frozen=True)
class Mail:
    sender: str
    to: tuple[str, ...]
    message: EmailMessage

    @property
    def text(self) -> str:
        return self.message.get_content()


class MailServer:
    """``with`` it; ``next()`` waits for the next mail. ``manner`` may be changed at any time."""

    def __init__(self, manner: Manner = "takes") -> None:
        self.manner: Manner = manner
        self.mails: list[Mail] = []
        self._queue: queue.Queue[Mail] = queue.Queue()
        self._released = threading.Event()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    outer._talk(self)
                except (OSError, ValueError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def _talk(self, peer: socketserver.StreamRequestHandler) -> None:
        def say(line: str) -> None:
            peer.wfile.write(f"{line}\r\n".encode())

        if self.manner == "hangs":
            self._released.wait(60)
            return
        say("220 loopback")
        sender, to = "", list[str]()
        while line := peer.rfile.readline():
            words = line.decode().strip()
            verb = words.split(" ")[0].upper()
            match verb:
                case "EHLO":
                    peer.wfile.write(b"250-loopback\r\n250 8BITMIME\r\n")
                case "MAIL" if self.manner == "wants login":
                    say("530 sign in first")
                case "MAIL":
                    sender = words.partition("<")[2].partition(">")[0]
                    say("250 ok")
                case "RCPT" if self.manner == "no such person":
                    say("550 nobody of that name")
                case "RCPT":
                    to.append(words.partition("<")[2].partition(">")[0])
                    say("250 ok")
                case "DATA" if self.manner == "full":
                    say("452 no room")
                case "DATA":
                    say("354 go on")
                    lines = []
                    while (one := peer.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(one[1:] if one.startswith(b"..") else one)
                    parsed = message_from_bytes(b"".join(lines), policy=policy.default)
                    mail = Mail(sender, tuple(to), cast(EmailMessage, parsed))
                    self.mails.append(mail)
                    self._queue.put(mail)
                    if self.manner == "drops":
                        return
                    say("250 taken")
                    sender, to = "", []
                case "QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")

    def next(self, within_s: float = 10) -> Mail:
        return self._queue.get(timeout=within_s)

    def __enter__(self) -> MailServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
