"""What is found, and what only looks like it."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dlp import DlpPolicy, redact
from engine.dlp.kinds import KINDS, is_card, is_iban, is_ssn

EVERYTHING = DlpPolicy({kind.key: "redact" for kind in KINDS})


def kinds_in(text: str) -> list[str]:
    return [found.kind for found in redact(text, EVERYTHING).found]


@pytest.mark.parametrize(
    "text, left",
    [
        ("pay with 4111 1111 1111 1111 12/29 please", "pay with [card 1] 12/29 please"),
        ("PAN4111111111111111.", "PAN[card 1]."),
        ("378282246310005 and 3782-822463-10005", "[card 1] and [card 1]"),
        ("4111 1111 1111 1111 5500 0000 0000 0004", "[card 1] [card 2]"),
        (
            "to DE89 3704 0044 0532 0130 00 by Friday, or gb82west12345698765432",
            "to [IBAN 1] by Friday, or [IBAN 2]",
        ),
        ("AB12 DE89370400440532013000", "AB12 [IBAN 1]"),
        ("SSN: 219099999 or 219-09-9999", "SSN: [SSN 1] or [SSN 1]"),
        ("Anna.Lee@Example.com, anna.lee@example.com", "[e-mail 1], [e-mail 1]"),
        ("call +49 (30) 901820-0 or +4930901820", "call [phone 1] or [phone 2]"),
        ("key sk-proj-" + "a1B2" * 8 + " here", "key [access key 1] here"),
        ("AKIA" + "ABCD1234EFGH5678", "[access key 1]"),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
            "a\n[private key 1]\nb",
        ),
        ("cut off: -----BEGIN PRIVATE KEY-----\nMIIEvQ", "cut off: [private key 1]"),
    ],
)
def test_what_must_not_leave_is_marked(text: str, left: str) -> None:
    assert redact(text, EVERYTHING).text == left


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "order 1234567890123",
        "0000 0000 0000 0000",
        "4444 4444 4444 4444",
        "2100 0000 0000 0005",
        "DE89 3704 0044 0532 0130 01",
        "XX89 3704 0044 0532 0130 00",
        "000-12-3456, 666-12-3456, 912-12-3456, 123-00-4567, 123-45-0000",
        "219099999",
        "at most 250 EUR, 12 % and +5 days",
        "sk-… or ghp_",
        "a task-list of the desk-sk-1",
        "not @an.address or a@b",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text, EVERYTHING).text == text


def luhn(stem: str) -> str:
    return next(stem + digit for digit in string.digits if _sums_up(stem + digit))


def _sums_up(digits: str) -> bool:
    doubled = [int(sign) * (1 + place % 2) for place, sign in enumerate(reversed(digits))]
    return sum(worth // 10 + worth % 10 for worth in doubled) % 10 == 0


STEMS = st.one_of(
    st.from_regex(shape, fullmatch=True)
    for shape in (
        "4[0-9]{14}",
        "4[0-9]{11}",
        "3[47][0-9]{12}",
        "5[1-5][0-9]{13}",
        "2[3-6][0-9]{13}",
        "6[0-9]{11,17}",
    )
)


@given(STEMS, st.sampled_from([" ", "-", "", " "]))
def test_every_card_is_found_however_it_is_grouped(stem: str, gap: str) -> None:
    card = luhn(stem)
    if len(set(card)) == 1:
        return
    shown = gap.join(card[at : at + 4] for at in range(0, len(card), 4))
    assert redact(f"card {shown}, thanks", EVERYTHING).text == "card [card 1], thanks"


@given(STEMS, st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_makes_it_no_card(stem: str, place: int, more: int) -> None:
    card = luhn(stem)
    place = place % len(card)
    wrong = card[:place] + str((int(card[place]) + more) % 10) + card[place + 1 :]
    assert not is_card(wrong)


@given(st.text(string.digits, min_size=18, max_size=18), st.integers(1, 96))
def test_an_iban_is_one_by_its_check_digits_alone(account: str, off: int) -> None:
    check = 98 - int(account + "131400") % 97
    wrong = (check + off - 2) % 97 + 2
    assert is_iban(f"DE{check:02}{account}")
    assert wrong == check or not is_iban(f"DE{wrong:02}{account}")


@given(st.text(string.digits, min_size=9, max_size=9))
def test_a_social_security_number_is_one_that_could_have_been_given_out(digits: str) -> None:
    given_out = (
        digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"
    )
    assert is_ssn(digits) is given_out


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_stands_around_does_not_hide_it(before: str, after: str) -> None:
    secret = "ghp_" + "Z9" * 18
    if not any("\ud800" <= sign <= "\udfff" for sign in before + after):
        assert secret not in redact(f"{before} {secret} {after}", EVERYTHING).text
        assert secret in redact(f"{before} {secret} {after}", DlpPolicy({"api_key": "off"})).text
