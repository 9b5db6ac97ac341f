"""One e-mail, over SMTP, in a thread: to a judged address, bounded in time, never without TLS where a password is sent.

The installation's own server is what ``WEFT_SMTP_HOST``, ``_PORT`` (587), ``_TLS`` (starttls, tls or none), ``_USER``,
``_PASSWORD`` and ``_FROM`` say; a channel may name another.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, Final

from connectors.samples.addresses import resolve
from connectors.samples.refusal import Refusal
from engine.notifying.posting import Failed, Outcome, Sent, judged, refused
from engine.notifying.wording import Words

STEP_S: Final = 15.0
"""For one exchange with the server."""
WITHIN_S: Final = 45.0
"""For all of it."""
WAYS: Final = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True)
class Server:
    """``operators``: named by whoever runs this installation, so that it may be anywhere. ``tls``: one of ``WAYS``."""

    host: str
    port: int
    tls: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    operators: bool = False


def of_installation(environment: Mapping[str, str] = os.environ) -> Server | None:
    """None: no server is set."""
    host = environment.get("WEFT_SMTP_HOST", "").strip()
    if not host:
        return None
    port = environment.get("WEFT_SMTP_PORT", "").strip()
    return Server(
        host,
        int(port) if port.isascii() and port.isdigit() else 587,
        environment.get("WEFT_SMTP_TLS", "").strip().lower() or "starttls",
        environment.get("WEFT_SMTP_FROM", "").strip() or "weft@localhost",
        environment.get("WEFT_SMTP_USER", "").strip(),
        environment.get("WEFT_SMTP_PASSWORD", ""),
        operators=True,
    )


def of_channel(config: Mapping[str, Any], secret: Mapping[str, Any]) -> Server | None:
    """A channel's own server, else the installation's."""
    said = config.get("smtp")
    if not isinstance(said, Mapping):
        return of_installation()
    return Server(
        str(said.get("host", "")),
        int(said.get("port", 587)),
        str(said.get("tls", "starttls")),
        str(said.get("from", "")),
        str(said.get("user", "")),
        str(secret.get("password", "")),
    )


def is_address(said: str) -> bool:
    """Whether a message could be addressed to it: one plain address, without a name or a line break."""
    if (
        not said.isascii()
        or len(said) > 254
        or any(not char.isprintable() or char in ' ,;<>"' for char in said)
    ):
        return False
    try:
        parsed = MailAddress(addr_spec=said)
    except Exception:
        return False
    return bool(parsed.username and parsed.domain)


def composed(words: Words, message_id: str, sender: str, to: Sequence[str]) -> EmailMessage:
    """Plain text alone: nothing in it can be clicked but the link. The id is the same at each attempt."""
    mail = EmailMessage()
    mail["Subject"] = words.subject[:200]
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = formatdate(usegmt=True)
    mail["Message-ID"] = f"<{message_id}@weft-studio>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Weft-Id"] = message_id
    lines = list(words.lines)
    if words.link:
        lines += [
            "",
            f"{words.verb}: {words.link}",
            "You are asked to sign in; opening the page decides nothing.",
        ]
    mail.set_content("\n".join(lines) + "\n")
    return mail


async def send(server: Server | None, words: Words, message_id: str, to: Sequence[str]) -> Outcome:
    """Raises nothing that a server could cause."""
    if server is None:
        return Failed("No mail server is set. Give this channel one, or have WEFT_SMTP_HOST set.")
    if not to:
        return Failed("It has no addresses to send to.", for_good=True)
    if server.tls == "none" and server.password and not server.operators:
        return Failed("A password is not sent without TLS. Choose STARTTLS or TLS.", for_good=True)
    try:
        if server.operators:
            address = (await resolve(server.host, server.port))[0]
        else:
            address = await judged(server.host, server.port)
        mail = composed(words, message_id, server.sender, to)
    except Refusal as error:
        return refused(error, server.host, server.port)
    except ValueError as error:
        return Failed(f"The message cannot be written: {error}.", for_good=True)
    held: list[socket.socket] = []
    work = asyncio.create_task(asyncio.to_thread(_exchange, server, str(address), mail, list(to), held))
    done, _ = await asyncio.wait({work}, timeout=WITHIN_S)
    if not done:
        for one in held:  # the thread that waits for it ends with an error
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        await asyncio.wait({work}, timeout=STEP_S)
        return Failed(f"The mail server did not finish within {WITHIN_S:g} seconds.")
    return work.result()


def _exchange(
    server: Server, address: str, mail: EmailMessage, to: list[str], held: list[socket.socket]
) -> Outcome:
    def connected(timeout: float) -> socket.socket:
        made = socket.create_connection((address, server.port), timeout)
        held.append(made)
        return made

    class Plain(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            return connected(timeout)

    class Secure(smtplib.SMTP_SSL):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            return self.context.wrap_socket(connected(timeout), server_hostname=server.host)

    context = ssl.create_default_context()
    try:
        client: smtplib.SMTP
        if server.tls == "tls":
            client = Secure(server.host, server.port, timeout=STEP_S, context=context)
        else:
            client = Plain(server.host, server.port, timeout=STEP_S)
        with client:
            if server.tls == "starttls":
                client.starttls(context=context)
            if server.user:
                client.login(server.user, server.password)
            turned_away = client.send_message(mail, server.sender, to)
    except smtplib.SMTPNotSupportedError as error:
        return Failed(f"The mail server cannot do what is asked: {_said(error)}")
    except smtplib.SMTPAuthenticationError as error:
        return Failed(f"The mail server refused the user or the password: {_said(error)}")
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        words = "; ".join(f"{who}: {_text(said)}" for who, (_, said) in error.recipients.items())
        return Failed(
            f"The mail server takes no mail for {words}", for_good=all(code >= 500 for code in codes)
        )
    except ssl.SSLError as error:
        return Failed(f"The mail server's TLS failed: {error.reason or 'no certificate that is trusted'}.")
    except (smtplib.SMTPException, OSError) as error:
        return Failed(f"The mail server {server.host}:{server.port} failed: {_said(error)}")
    if turned_away:
        return Sent(f"taken, but not for {', '.join(turned_away)}")
    return Sent(f"taken by {server.host} for {len(to)} {'address' if len(to) == 1 else 'addresses'}")


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error)[:200] or type(error).__name__


def _text(said: object) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join("".join(char if char.isprintable() else " " for char in words).split())[:200]
