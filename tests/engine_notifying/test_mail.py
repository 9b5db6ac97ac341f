"""E-mail over a real server on loopback, whatever it answers."""

from __future__ import annotations

import pytest

from engine.notifying import mailing
from engine.notifying.mailing import Server, is_address, send
from engine.notifying.posting import Failed, Sent
from engine.notifying.wording import Words
from tests.engine_notifying.mailserver import MailServer

WORDS = Words(
    "Waits for you: Größe\nBcc: x@example.com",
    ("First.", ".", "Ünïcode"),
    "http://localhost:3000/approvals/1",
)


def at(server: MailServer, **rest: object) -> Server:
    return Server("127.0.0.1", server.port, "none", "weft@example.com", **rest)  # type: ignore[arg-type]


async def test_a_mail_arrives_as_it_was_written_with_its_id():
    words = Words(WORDS.subject.replace("\n", " "), WORDS.lines, WORDS.link)
    with MailServer() as server:
        assert isinstance(await send(at(server), words, "42", ["a@example.com"]), Sent)
        mail = server.next()
    assert (mail.sender, mail.to) == ("weft@example.com", ("a@example.com",))
    assert mail.message["Message-ID"] == "<42@weft-studio>" and mail.message["X-Weft-Id"] == "42"
    assert mail.message["Subject"] == words.subject and mail.message["Bcc"] is None
    assert mail.text.splitlines()[:3] == ["First.", ".", "Ünïcode"] and WORDS.link in mail.text


async def test_a_subject_with_a_line_break_becomes_no_header():
    with MailServer() as server:
        outcome = await send(at(server), WORDS, "1", ["a@example.com"])
    assert isinstance(outcome, Failed) and outcome.for_good and server.mails == []


@pytest.mark.parametrize(
    ("manner", "said", "for_good"),
    [
        ("full", "452 no room", False),
        ("no such person", "nobody of that name", True),
        ("drops", "failed", False),
        ("wants login", "530 sign in first", False),
    ],
)
async def test_what_a_server_refuses_is_told_in_its_words(manner, said: str, for_good: bool):
    words = Words("Hello", ("There.",))
    with MailServer(manner) as server:
        outcome = await send(at(server), words, "1", ["a@example.com"])
    assert isinstance(outcome, Failed)
    assert said in outcome.words and outcome.for_good is for_good


async def test_a_server_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mailing, "WITHIN_S", 0.3)
    with MailServer("hangs") as server:
        outcome = await send(at(server), Words("Hello", ()), "1", ["a@example.com"])
    assert isinstance(outcome, Failed) and "did not finish" in outcome.words


async def test_a_server_without_the_tls_that_is_asked_for_gets_no_mail():
    words = Words("Hello", ())
    with MailServer() as server:
        plain = Server("127.0.0.1", server.port, "starttls", "weft@example.com", "u", "hunter2")
        outcome = await send(plain, words, "1", ["a@example.com"])
        bare = await send(at(server, user="u", password="hunter2"), words, "1", ["a@example.com"])
    assert isinstance(outcome, Failed) and "cannot do what is asked" in outcome.words
    assert isinstance(bare, Failed) and "without TLS" in bare.words
    assert server.mails == [] and "hunter2" not in f"{plain}{outcome}{bare}"


async def test_the_operators_network_is_not_reached(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WEFT_NOTIFY_ALLOW_HOSTS", "")
    with MailServer() as server:
        theirs = await send(at(server), Words("Hello", ()), "1", ["a@example.com"])
        ours = await send(at(server, operators=True), Words("Hello", ()), "1", ["a@example.com"])
    assert isinstance(theirs, Failed) and "operator's network" in theirs.words
    assert isinstance(ours, Sent) and len(server.mails) == 1


def test_only_plain_addresses_are_written_to():
    assert is_address("ada@example.com") and is_address("ada+x@mail.example.com")
    for wrong in (
        "",
        "ada",
        "@example.com",
        "ada@",
        "a@b\nBcc: c@d",
        "a b@c",
        "Ada <a@b.c>",
        "a@b,c@d",
        "ä@b.c",
    ):
        assert not is_address(wrong), wrong
