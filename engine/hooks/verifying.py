"""Whose request it is: the four checks of ``verify``, over the bytes as they came. Pure; the time is given.

Each check knows where its sender puts the signature, what is signed, and what of that tells one delivery from another.
A signature is looked at first, and only then the time that it covers: a verdict of "late" is about a real sender. All
signatures are compared with all valid secrets in constant time, and none ends the comparing early.

**Replays.** What tells deliveries apart must be signed, or whoever caught a request could send it again under another
name. Standard Webhooks signs an id, Stripe an event with one; with GitHub and a plain HMAC only the body is signed, so
there the body itself is the delivery: the same body again is a duplicate, whatever id stands beside it. No time is
signed there either, so it is known for longer than its run is kept (``engine.hooks.deliveries.mark``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.hooks.verdict import Verdict

TOLERANCE_S: Final = 300
"""How far the time that a sender signs may be from ours."""
MOST_SIGNATURES: Final = 20
"""Of one request: more are not looked at."""
LONGEST_ID: Final = 200
LONGEST_HEADER: Final = 8_192

Headers: TypeAlias = Sequence[tuple[str, str]]
"""As they came, in any casing; a name may come twice."""


@dataclass(frozen=True, slots=True)
class Verified:
    """``identity``: SHA-256, in hex, of what is signed and tells this delivery from others. ``told``: an id beside it
    that is not signed, "" where there is none. ``secret``: which of the valid ones it was, 0 for the current.
    ``undated``: no time is signed, so that it would be valid for as long as the secret is."""

    identity: str
    told: str = ""
    secret: int = 0
    undated: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """``why`` is for the page: what was looked for and what was found, without a signature or a secret in it."""

    verdict: Verdict
    why: str


Checked: TypeAlias = Verified | Refused


def verify(function: str, secrets: Sequence[str], headers: Headers, body: bytes, now_s: float) -> Checked:
    """``function``: a key of ``dsl.webhooks.FORMS``. ``secrets``: those that are valid, the current one first.
    ``now_s``: seconds since 1970. Never raises, whatever came."""
    check = VERIFIERS.get(function)
    if check is None:
        return Refused(Verdict.NO_SECRET, f"There is no check {function!r}: publish the workflow again.")
    if not secrets:
        return Refused(Verdict.NO_SECRET, "The secret that signs these requests is not set.")
    try:
        return check(secrets, _Headers.of(headers), body, now_s)
    except _Unfit as unfit:
        return unfit.refused


class _Unfit(Exception):
    def __init__(self, verdict: Verdict, why: str) -> None:
        super().__init__(why)
        self.refused = Refused(verdict, why)


@dataclass(frozen=True, slots=True)
class _Headers:
    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, headers: Headers) -> _Headers:
        values: dict[str, tuple[str, ...]] = {}
        for name, value in headers:
            values[name.lower()] = (*values.get(name.lower(), ()), value.strip())
        return cls(values)

    def one(self, name: str, *, needed: bool = True) -> str:
        """ "" where there is none and none is needed. Two of a name are refused: senders and proxies differ in which
        of them counts."""
        found = self.values.get(name.lower(), ())
        if len(found) > 1:
            raise _Unfit(Verdict.BAD_SIGNATURE, f"The header {name} came {len(found)} times.")
        if not found or not found[0]:
            if not needed:
                return ""
            raise _Unfit(Verdict.MISSING_SIGNATURE, f"The header {name} is missing.")
        if len(found[0]) > LONGEST_HEADER:
            raise _Unfit(Verdict.BAD_SIGNATURE, f"The header {name} is too long.")
        return found[0]


# ---- the four checks -----------------------------------------------------------------------------------------


def standard(secrets: Sequence[str], headers: _Headers, body: bytes, now_s: float) -> Checked:
    """Standard Webhooks 1.0: ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``, which holds
    one or more ``v1,<base64>`` with spaces between; HMAC-SHA256 over ``id.timestamp.body``. A secret is
    ``whsec_<base64>`` of the key; without the prefix it may be either the key or its base64."""
    delivery, at = headers.one("webhook-id"), headers.one("webhook-timestamp")
    given = headers.one("webhook-signature")
    if len(delivery) > LONGEST_ID or "." in delivery or not delivery.isascii():
        # With a point in it, what is signed could be cut into id, time and body in two ways.
        raise _Unfit(
            Verdict.BAD_SIGNATURE, "The header webhook-id is too long, has a point in it or odd letters."
        )
    seconds = _seconds(at, "webhook-timestamp")
    signatures = [_base64(one[3:]) for one in given.split() if one.startswith("v1,")]
    signed = f"{delivery}.{at}.".encode() + body
    secret = _match(_standard_keys(secrets), signed, signatures)
    _in_time(seconds, now_s)
    return Verified(_hash("id", delivery.encode()), secret=secret)


def github(secrets: Sequence[str], headers: _Headers, body: bytes, now_s: float) -> Checked:
    """``X-Hub-Signature-256: sha256=<hex>`` over the body. ``X-GitHub-Delivery`` is not signed."""
    given = headers.one("x-hub-signature-256")
    signatures = [_hex(given[7:])] if given.startswith("sha256=") else []
    secret = _match(_plain_keys(secrets), body, signatures)
    told = _told(headers.one("x-github-delivery", needed=False))
    return Verified(_hash("body", body), told, secret, undated=True)


def stripe(secrets: Sequence[str], headers: _Headers, body: bytes, now_s: float) -> Checked:
    """``Stripe-Signature: t=<seconds>,v1=<hex>,...`` over ``t.body``; the secret is used as it stands, ``whsec_`` and
    all. An event that is sent again has another time and the same ``id`` in its body."""
    parts = [part.strip().partition("=") for part in headers.one("stripe-signature").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1:
        raise _Unfit(Verdict.BAD_SIGNATURE, "The header Stripe-Signature does not hold one time (t=...).")
    seconds = _seconds(times[0], "Stripe-Signature")
    signatures = [_hex(value) for name, _, value in parts if name == "v1"]
    signed = f"{times[0]}.".encode() + body
    secret = _match(_plain_keys(secrets), signed, signatures)
    _in_time(seconds, now_s)
    event = _event_id(body)
    return Verified(_hash("event", event.encode()) if event else _hash("signed", signed), secret=secret)


def hmac_sha256(secrets: Sequence[str], headers: _Headers, body: bytes, now_s: float) -> Checked:
    """The body's HMAC in hex or base64, with or without ``sha256=`` before it, in the first of ``HMAC_HEADERS`` that
    came."""
    name = next((name for name in HMAC_HEADERS if name in headers.values), HMAC_HEADERS[0])
    given = headers.one(name)
    given = given[7:] if given[:7].lower() == "sha256=" else given
    signatures = [_hex(given), _base64(given)]
    secret = _match(_plain_keys(secrets), body, signatures)
    return Verified(_hash("body", body), secret=secret, undated=True)


HMAC_HEADERS: Final = (
    "x-signature",
    "x-signature-256",
    "x-signature-sha256",
    "x-hmac-sha256",
    "x-webhook-signature",
    "x-hub-signature-256",
    "x-shopify-hmac-sha256",
)

_Check: TypeAlias = Callable[[Sequence[str], _Headers, bytes, float], Checked]
VERIFIERS: Final[Mapping[str, _Check]] = {
    "standard": standard,
    "github": github,
    "stripe": stripe,
    "hmac_sha256": hmac_sha256,
}


# ---- parts ---------------------------------------------------------------------------------------------------


def standard_key(secret: str) -> bytes | None:
    """The key that a secret of Standard Webhooks stands for; None: ``whsec_`` with no base64 behind it."""
    if not secret.startswith("whsec_"):
        return secret.encode()
    return _base64(secret.removeprefix("whsec_")) or None


def _standard_keys(secrets: Sequence[str]) -> list[tuple[int, bytes]]:
    keys = []
    for number, secret in enumerate(secrets):
        plain = standard_key(secret)
        if plain is None:
            continue
        keys.append((number, plain))
        if not secret.startswith("whsec_") and (decoded := _base64(secret)):
            keys.append((number, decoded))
    if not keys:
        raise _Unfit(Verdict.NO_SECRET, "The secret begins with whsec_, but what follows is no base64.")
    return keys


def _plain_keys(secrets: Sequence[str]) -> list[tuple[int, bytes]]:
    return [(number, secret.encode()) for number, secret in enumerate(secrets)]


def _match(keys: Iterable[tuple[int, bytes]], signed: bytes, signatures: Sequence[bytes | None]) -> int:
    """Which secret it was; everything is compared with everything, found or not."""
    given = [one for one in signatures if one is not None]
    if not given:
        raise _Unfit(
            Verdict.BAD_SIGNATURE, "There is a signature, but not one of the form that this check reads."
        )
    if len(given) > MOST_SIGNATURES:
        raise _Unfit(Verdict.BAD_SIGNATURE, f"There are more than {MOST_SIGNATURES} signatures.")
    found: int | None = None
    for number, key in keys:
        right = hmac.new(key, signed, hashlib.sha256).digest()
        for one in given:
            if hmac.compare_digest(right, one) and found is None:
                found = number
    if found is None:
        raise _Unfit(Verdict.BAD_SIGNATURE, "The signature is another one: another secret, or another body.")
    return found


def _in_time(seconds: int, now_s: float) -> None:
    off = round(now_s - seconds)
    if off > TOLERANCE_S:
        raise _Unfit(Verdict.LATE, f"It was signed {_spell(off)} ago; {_spell(TOLERANCE_S)} are allowed.")
    if off < -TOLERANCE_S:
        raise _Unfit(Verdict.EARLY, f"It was signed {_spell(-off)} in the future: a clock is wrong.")


def _seconds(value: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value):
        raise _Unfit(Verdict.BAD_SIGNATURE, f"The time in {name} is no number of seconds.")
    return int(value)


def _spell(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"


def _hex(value: str) -> bytes | None:
    return bytes.fromhex(value) if re.fullmatch(r"[0-9a-fA-F]{64}", value) else None


def _base64(value: str) -> bytes | None:
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _event_id(body: bytes) -> str:
    """Of an event of Stripe's: whoever else signs like Stripe may mean something else by ``id``."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = said.get("id") if isinstance(said, dict) and said.get("object") == "event" else None
    return found if isinstance(found, str) and 0 < len(found) <= LONGEST_ID else ""


def _told(value: str) -> str:
    return _hash("told", value.encode("utf-8", "surrogatepass")) if value else ""


def _hash(what: str, value: bytes) -> str:
    return hashlib.sha256(what.encode() + b"\0" + value).hexdigest()
