"""The corpus of requests against the checks, and against careless ones that it must catch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from uuid import uuid4

import pytest

from dsl.webhooks import FORMS
from engine.hooks import verifying
from engine.hooks.signing import signed_headers
from engine.hooks.verdict import ANSWERS, UNSIGNED, Verdict
from engine.hooks.verifying import VERIFIERS, Refused, Verified, verify
from tests.engine_hooks.corpus import BEFORE, BODY, CURRENT, FUNCTIONS, NOW, TIMED, Case, Sender, cases

CASES = {case.name: case for case in cases()}


def verdict_of(case: Case) -> Verdict:
    found = verify(case.function, case.secrets, case.headers, case.body, NOW)
    return found.verdict if isinstance(found, Refused) else Verdict.ACCEPTED


def wrong() -> list[str]:
    return [name for name, case in CASES.items() if verdict_of(case) is not case.expected]


@pytest.mark.parametrize("name", CASES)
def test_a_request_gets_the_verdict_it_deserves(name: str):
    case = CASES[name]
    found = verify(case.function, case.secrets, case.headers, case.body, NOW)
    if isinstance(found, Verified):
        assert (case.expected, found.secret) == (Verdict.ACCEPTED, case.which)
    else:
        assert found.verdict is case.expected, found.why
        assert not any(secret in found.why for secret in (CURRENT, BEFORE)) and found.why.endswith(".")


def test_the_corpus_has_each_verdict_of_a_signature_for_each_check_that_can_give_it():
    told = {(case.function, case.expected) for case in CASES.values()}
    plain = UNSIGNED - {Verdict.LATE, Verdict.EARLY} | {Verdict.ACCEPTED}
    wanted = {(function, one) for function in FUNCTIONS for one in plain}
    assert told == wanted | {(function, one) for function in TIMED for one in (Verdict.LATE, Verdict.EARLY)}
    assert len(CASES) > 150


# ---- controls: what the corpus must catch ----------------------------------------------------------------------


def without_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_in_time", lambda seconds, now_s: None)


def one_sided_time(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifying._in_time
    monkeypatch.setattr(verifying, "_in_time", lambda seconds, now_s: real(min(seconds, int(now_s)), now_s))


def time_before_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifying._seconds

    def looked(value: str, name: str) -> int:
        verifying._in_time(real(value, name), NOW)
        return real(value, name)

    monkeypatch.setattr(verifying, "_seconds", looked)


def first_secret_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifying._match
    monkeypatch.setattr(verifying, "_match", lambda keys, signed, given: real(list(keys)[:1], signed, given))


def first_signature_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifying._match
    monkeypatch.setattr(verifying, "_match", lambda keys, signed, given: real(keys, signed, given[:1]))


def the_start_of_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying.hmac, "compare_digest", lambda one, other: one[:16] == other[:16])


def a_tidied_body(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifying._match

    def tidied(signed: bytes) -> bytes:
        return signed.rstrip(b"\n")

    monkeypatch.setattr(verifying, "_match", lambda keys, signed, given: real(keys, tidied(signed), given))


def points_in_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgiving(str):
        def __contains__(self, part: object) -> bool:
            return part != "." and str.__contains__(self, str(part))

    real = verifying._Headers.one
    monkeypatch.setattr(
        verifying._Headers,
        "one",
        lambda self, name, *, needed=True: Forgiving(real(self, name, needed=needed)),
    )


def the_last_header_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    real = verifying._Headers.of
    monkeypatch.setattr(verifying._Headers, "of", lambda headers: real(list(dict(headers).items())))


@pytest.mark.parametrize(
    ("careless", "caught"),
    [
        (without_time, "standard: a second late"),
        (without_time, "stripe: a second early"),
        (one_sided_time, "stripe: a second early"),
        (time_before_signature, "standard: late and from a stranger"),
        (first_secret_only, "github: signed with the secret before"),
        (first_signature_only, "standard: several signatures, the right one last"),
        (the_start_of_a_signature, "hmac_sha256: the signature is one letter off"),
        (a_tidied_body, "github: the body has a byte more"),
        (points_in_ids, "standard: id and body are cut in another place"),
        (the_last_header_counts, "github: the signature's header comes twice"),
    ],
)
def test_the_control_a_careless_check_is_caught_by_the_corpus(
    monkeypatch: pytest.MonkeyPatch, careless: Callable[[pytest.MonkeyPatch], None], caught: str
):
    assert wrong() == []
    careless(monkeypatch)
    assert caught in wrong()


# ---- what tells deliveries apart -------------------------------------------------------------------------------


def identity(function: str, sender: Sender, body: bytes = BODY) -> str:
    found = verify(function, (CURRENT,), sender.send(body), body, NOW)
    assert isinstance(found, Verified)
    return found.identity


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_request_that_comes_again_is_known_again_and_another_is_not(function: str):
    first = identity(function, Sender(function))
    assert identity(function, Sender(function)) == first
    other = BODY.replace(b"evt_1", b"evt_2")
    assert identity(function, Sender(function, id="msg_2"), other) != first


@pytest.mark.parametrize("function", ["github", "hmac_sha256"])
def test_an_id_that_is_not_signed_cannot_make_a_new_delivery_of_an_old_one(function: str):
    assert identity(function, Sender(function, id="msg_9")) == identity(function, Sender(function))


def test_an_event_of_stripe_is_the_same_one_when_it_is_signed_anew():
    assert identity("stripe", Sender("stripe", at=NOW - 9)) == identity("stripe", Sender("stripe"))
    ours = b'{"id": "customer_7", "object": "customer"}'
    assert identity("stripe", Sender("stripe", at=NOW - 9), ours) != identity(
        "stripe", Sender("stripe"), ours
    )


# ---- the parts agree -------------------------------------------------------------------------------------------


def test_the_language_and_the_engine_know_the_same_checks_and_each_verdict_has_an_answer():
    assert set(FORMS) == set(VERIFIERS) == set(FUNCTIONS)
    assert set(ANSWERS) == set(Verdict)
    assert len({ANSWERS[one] for one in UNSIGNED}) == 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_test_request_is_signed_as_the_sender_would(function: str):
    headers = signed_headers(function, CURRENT, BODY, NOW, uuid4())
    assert isinstance(verify(function, (CURRENT,), tuple(headers.items()), BODY, NOW), Verified)
    stale = signed_headers(function, BEFORE, BODY, NOW, uuid4())
    assert isinstance(verify(function, (CURRENT,), tuple(stale.items()), BODY, NOW), Refused)


def test_an_unknown_check_lets_nothing_through():
    found = verify("hmac_md5", (CURRENT,), Sender("hmac_sha256").send(BODY), BODY, NOW)
    assert isinstance(found, Refused) and found.verdict is Verdict.NO_SECRET


def test_signatures_are_compared_in_constant_time():
    source = inspect.getsource(verifying._match)
    assert "compare_digest" in source and "==" not in source and "break" not in source
