"""Requests to webhooks as real senders, careless ones and attackers make them, each with the verdict it must get.

A case is what arrives at ``NOW`` where the secrets ``CURRENT`` and, for some, ``BEFORE`` are valid. Signatures are made
here, from the documents of the senders and from the standard library alone: the product's own signing is not used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from engine.hooks.verdict import Verdict as V

NOW = 1_790_000_000
CURRENT = "whsec_" + base64.b64encode(b"current key of twenty-four+").decode()
BEFORE = "whsec_" + base64.b64encode(b"the one before this, also").decode()
OTHER = "whsec_" + base64.b64encode(b"somebody else's key entirely").decode()
BODY = json.dumps({"id": "evt_1", "object": "event", "amount": 120, "to": "A-1001"}).encode()
FUNCTIONS = ("standard", "github", "stripe", "hmac_sha256")
TIMED = frozenset({"standard", "stripe"})
"""Those that sign a time."""


@dataclass(frozen=True)
class Case:
    name: str
    function: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    expected: V
    secrets: tuple[str, ...] = (CURRENT,)
    which: int = 0
    """Which secret it must be found to be, where it is accepted."""


@dataclass(frozen=True)
class Sender:
    """One who knows ``secret`` and signs at ``at``."""

    function: str
    secret: str = CURRENT
    at: int = NOW
    id: str = "msg_1"
    extra: tuple[tuple[str, str], ...] = field(default=())

    def mark(self, body: bytes) -> str:
        """The signature alone, as it stands in the header."""
        match self.function:
            case "standard":
                key = base64.b64decode(self.secret.removeprefix("whsec_"))
                return "v1," + base64.b64encode(mac(key, f"{self.id}.{self.at}.".encode() + body)).decode()
            case "github":
                return "sha256=" + mac(self.secret.encode(), body).hex()
            case "stripe":
                return "v1=" + mac(self.secret.encode(), f"{self.at}.".encode() + body).hex()
            case _:
                return mac(self.secret.encode(), body).hex()

    def send(self, body: bytes, *marks: str) -> tuple[tuple[str, str], ...]:
        given = marks or (self.mark(body),)
        match self.function:
            case "standard":
                made = [
                    ("webhook-id", self.id),
                    ("webhook-timestamp", str(self.at)),
                    ("webhook-signature", " ".join(given)),
                ]
            case "github":
                made = [("X-GitHub-Delivery", self.id), ("X-Hub-Signature-256", given[0])]
            case "stripe":
                made = [("Stripe-Signature", ",".join((f"t={self.at}", *given)))]
            case _:
                made = [("X-Signature", given[0])]
        return (*made, *self.extra)


def mac(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def cases() -> Iterator[Case]:
    for function in FUNCTIONS:
        yield from _common(function)
        yield from (_timed if function in TIMED else _timeless)(function)
    yield from _standard()
    yield from _stripe()
    yield from _hmac()


def _common(function: str) -> Iterator[Case]:
    sender = Sender(function)
    stranger, former = replace(sender, secret=OTHER), replace(sender, secret=BEFORE)
    sent = sender.send(BODY)

    def case(name: str, headers, body: bytes, expected: V, **rest) -> Case:
        return Case(f"{function}: {name}", function, tuple(headers), body, expected, **rest)

    both = {"secrets": (CURRENT, BEFORE)}
    yield case("signed as it must be", sent, BODY, V.ACCEPTED)
    yield case("signed with the current of two secrets", sent, BODY, V.ACCEPTED, **both)
    yield case("signed with the secret before", former.send(BODY), BODY, V.ACCEPTED, **both, which=1)
    yield case("signed with a secret that was revoked", former.send(BODY), BODY, V.BAD_SIGNATURE)
    yield case("signed with a stranger's secret", stranger.send(BODY), BODY, V.BAD_SIGNATURE, **both)
    yield case("no secret is set", sent, BODY, V.NO_SECRET, secrets=())
    yield case("the body is another one", sent, BODY.replace(b"120", b"999"), V.BAD_SIGNATURE)
    yield case("the body is written in another way", sent, BODY.replace(b": ", b":"), V.BAD_SIGNATURE)
    yield case("the body has a byte more", sent, BODY + b"\n", V.BAD_SIGNATURE)
    yield case("the body is gone", sent, b"", V.BAD_SIGNATURE)
    yield case("no headers at all", (), BODY, V.MISSING_SIGNATURE)
    yield case("the signature's header is empty", _emptied(sent), BODY, V.MISSING_SIGNATURE)
    for name, change in CASINGS.items():
        yield case(f"headers in {name}", [(change(key), value) for key, value in sent], BODY, V.ACCEPTED)
    yield case("spaces around the values", [(k, f" {v}\t") for k, v in sent], BODY, V.ACCEPTED)
    for name, body in BODIES.items():
        yield case(f"a body that is {name}", sender.send(body), body, V.ACCEPTED)
    signature = sent[-1]
    for name, value in MANGLED.items():
        yield case(
            f"the signature is {name}",
            [*sent[:-1], (signature[0], value(signature[1]))],
            BODY,
            V.BAD_SIGNATURE,
        )
    yield case("the signature's header comes twice", [*sent, signature], BODY, V.BAD_SIGNATURE)
    yield case(
        "a stranger's header before the right one", [stranger.send(BODY)[-1], *sent], BODY, V.BAD_SIGNATURE
    )


def _timed(function: str) -> Iterator[Case]:
    for name, at, expected in (
        ("on the last second", NOW - 300, V.ACCEPTED),
        ("a second late", NOW - 301, V.LATE),
        ("a day late", NOW - 86_400, V.LATE),
        ("from 1970", 0, V.LATE),
        ("as early as may be", NOW + 300, V.ACCEPTED),
        ("a second early", NOW + 301, V.EARLY),
        ("from the year 33658", 999_999_999_999, V.EARLY),
    ):
        yield Case(f"{function}: {name}", function, Sender(function, at=at).send(BODY), BODY, expected)
    late = Sender(function, at=NOW - 3600)
    forged = tuple((k, v.replace(str(late.at), str(NOW))) for k, v in late.send(BODY))
    yield Case(f"{function}: caught, and sent again with a new time", function, forged, BODY, V.BAD_SIGNATURE)
    stranger = replace(late, secret=OTHER)
    yield Case(f"{function}: late and from a stranger", function, stranger.send(BODY), BODY, V.BAD_SIGNATURE)
    for odd in ("now", "1.79e9", "-5", "１７９００００００００", "0x6AB13B80", "1" * 13):
        headers = tuple((k, v.replace(str(NOW), odd)) for k, v in Sender(function).send(BODY))
        yield Case(f"{function}: the time is {odd!r}", function, headers, BODY, V.BAD_SIGNATURE)


def _timeless(function: str) -> Iterator[Case]:
    old = Sender(function, at=0)
    yield Case(
        f"{function}: however old, where no time is signed", function, old.send(BODY), BODY, V.ACCEPTED
    )


def _standard() -> Iterator[Case]:
    sender = Sender("standard")
    right, wrong = sender.mark(BODY), replace(sender, secret=OTHER).mark(BODY)
    former = replace(sender, secret=BEFORE).mark(BODY)
    sent = dict(sender.send(BODY))

    def case(name: str, expected: V, *marks: str, **headers: str) -> Case:
        made = dict(sender.send(BODY, *marks)) | {k.replace("_", "-"): v for k, v in headers.items()}
        return Case(f"standard: {name}", "standard", tuple(made.items()), BODY, expected)

    yield case("several signatures, the right one last", V.ACCEPTED, wrong, former, right)
    yield case("several signatures, none right", V.BAD_SIGNATURE, wrong, former)
    yield case("a signature of another version beside it", V.ACCEPTED, f"v1a,{right[3:]}", right)
    yield case("a signature of another version alone", V.BAD_SIGNATURE, f"v1a,{right[3:]}")
    yield case("a signature without a version", V.BAD_SIGNATURE, right[3:])
    yield case("twenty-one signatures", V.BAD_SIGNATURE, *[wrong] * 20, right)
    yield case("another id than the signed one", V.BAD_SIGNATURE, webhook_id="msg_2")
    yield case("an id with a point in it", V.BAD_SIGNATURE, webhook_id="msg.1")
    yield case("an id that is too long", V.BAD_SIGNATURE, webhook_id="m" * 201)
    yield case("an id with odd letters", V.BAD_SIGNATURE, webhook_id="m\u00e9")
    for missing in sent:
        rest = tuple((k, v) for k, v in sent.items() if k != missing)
        yield Case(f"standard: {missing} is missing", "standard", rest, BODY, V.MISSING_SIGNATURE)
    shifted = b"1790000000." + BODY
    cut = Sender("standard", id="msg_1").send(shifted)
    moved = (("webhook-id", f"msg_1.{NOW}"), *cut[1:])
    yield Case("standard: id and body are cut in another place", "standard", moved, BODY, V.BAD_SIGNATURE)
    plain = "a key that is no base64 at all!"
    key = "whsec_" + base64.b64encode(plain.encode()).decode()
    yield Case(
        "standard: a secret without whsec_, as it is", "standard",
        replace(sender, secret=key).send(BODY), BODY, V.ACCEPTED, (plain,),
    )  # fmt: skip
    bare = CURRENT.removeprefix("whsec_")
    yield Case(
        "standard: a secret without whsec_, as base64",
        "standard",
        sender.send(BODY),
        BODY,
        V.ACCEPTED,
        (bare,),
    )
    bad = ("whsec_not base64!",)
    yield Case(
        "standard: whsec_ with no base64 behind it", "standard", sender.send(BODY), BODY, V.NO_SECRET, bad
    )


def _stripe() -> Iterator[Case]:
    sender = Sender("stripe")
    right, wrong = sender.mark(BODY), replace(sender, secret=OTHER).mark(BODY)

    def case(name: str, value: str, expected: V) -> Case:
        return Case(f"stripe: {name}", "stripe", (("Stripe-Signature", value),), BODY, expected)

    yield case("several signatures, the right one last", f"t={NOW},{wrong},{right}", V.ACCEPTED)
    yield case("an old scheme beside it", f"t={NOW},v0={'0' * 64},{right}", V.ACCEPTED)
    yield case("an old scheme alone", f"t={NOW},v0={right[3:]}", V.BAD_SIGNATURE)
    yield case("no time", right, V.BAD_SIGNATURE)
    yield case("two times", f"t={NOW},t={NOW - 5},{right}", V.BAD_SIGNATURE)
    yield case("spaces behind the commas", f"t={NOW}, {right}", V.ACCEPTED)
    yield case("capital letters in the hex", f"t={NOW},v1={right[3:].upper()}", V.ACCEPTED)


def _hmac() -> Iterator[Case]:
    right = mac(CURRENT.encode(), BODY)
    spelled = {
        "hex": right.hex(),
        "base64": base64.b64encode(right).decode(),
        "sha256=": f"sha256={right.hex()}",
    }
    for name, value in spelled.items():
        yield Case(f"hmac_sha256: as {name}", "hmac_sha256", (("X-Signature", value),), BODY, V.ACCEPTED)
    for header in ("X-Signature-256", "X-Hmac-Sha256", "X-Shopify-Hmac-Sha256"):
        yield Case(
            f"hmac_sha256: in {header}", "hmac_sha256", ((header, spelled["base64"]),), BODY, V.ACCEPTED
        )
    sha1 = hmac.new(CURRENT.encode(), BODY, hashlib.sha1).hexdigest()
    yield Case("hmac_sha256: made with SHA-1", "hmac_sha256", (("X-Signature", sha1),), BODY, V.BAD_SIGNATURE)


CASINGS: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small letters": str.lower,
    "titles": str.title,
}
BODIES = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe\x00\x80 not text",
    "full of odd letters": '{"name": "Zoë \U0001f9f6 \u202e"}'.encode(),
    "a megabyte": b"x" * 2**20,
    "a NUL": b"\0",
    "a line break": b"\r\n",
}
MANGLED: dict[str, Callable[[str], str]] = {
    "cut off": lambda value: value[:-2],
    "longer": lambda value: value + "00",
    "one letter off": lambda value: value[:-6] + ("a" if value[-6] != "a" else "b") + value[-5:],
    "no hex and no base64": lambda value: value[:-8] + "!" * 8,
    "of odd letters": lambda value: value[:-1] + "é",
    "of full-width digits": lambda value: value[:-1] + "\uff11",
}


def _emptied(sent: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [*sent[:-1], (sent[-1][0], "  ")]
