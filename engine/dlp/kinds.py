"""The kinds of things that are found by themselves: a pattern for what may be one, and a check of whether it is.

A pattern only proposes; the check decides by the rules of whoever issues such things (Luhn, mod 97, the areas of a
social security number) and says where in the proposal it lies. RE2 has no look-around: what stands before and after is
looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine.dlp.pattern import compiled

Span: TypeAlias = tuple[int, int]
Look: TypeAlias = Callable[[str], Iterator[Span]]


@dataclass(frozen=True, slots=True)
class Kind:
    """``one``, ``several``: as people say it. ``comes_back``: a model's answer may name it, and it is put back there:
    true of what belongs in a workflow (an address), never of what opens something."""

    key: str
    one: str
    several: str
    mark: str
    find: Look
    comes_back: bool = False


_GAP = r"[ \x{00A0}\x{2009}\x{202F}.\-\x{2010}-\x{2014}]"
_PRIVATE_KEY = compiled(
    r"(?s)-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r".*?(?:-----END (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----|\z)"
)
# A key that is shown by its first characters alone (`sk-…`) is no key: each has to be as long as its issuer makes it.
_API_KEY = compiled(
    "|".join(
        (
            r"sk-[A-Za-z0-9_\-]{20,}",
            r"(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9+/=]{16,}",
            r"gh[pousr]_[A-Za-z0-9]{30,}",
            r"github_pat_[A-Za-z0-9_]{30,}",
            r"glpat-[A-Za-z0-9_\-]{20,}",
            r"xox[abeprs]-[A-Za-z0-9\-]{10,}",
            r"xapp-[A-Za-z0-9\-]{10,}",
            r"A(?:KIA|SIA|ROA)[A-Z0-9]{16}",
            r"AIza[A-Za-z0-9_\-]{35}",
            r"ya29\.[A-Za-z0-9_\-]{20,}",
            r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",
            r"npm_[A-Za-z0-9]{30,}",
            r"pypi-[A-Za-z0-9_\-]{30,}",
            r"hf_[A-Za-z0-9]{30,}",
            r"do[opr]_v1_[a-f0-9]{40,}",
            r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
            r"lin_api_[A-Za-z0-9]{30,}",
            r"eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}",
        )
    )
)
_DIGITS = compiled(rf"[0-9](?:{_GAP}?[0-9]){{12,}}")
_IBAN = compiled(r"[A-Za-z]{2}[0-9]{2}")
_IBAN_GAPS: Final = frozenset(" \u00a0-")
_SSN = compiled(r"[0-9]{3}[ \-\x{2010}-\x{2014}][0-9]{2}[ \-\x{2010}-\x{2014}][0-9]{4}")
_SSN_NAMED = compiled(r"(?i)(?:ssn|social security)[^0-9]{0,24}([0-9]{9})")
_EMAIL = compiled(r"[\pL\pN._%+\-]+@(?:[\pL\pN\-]+\.)+\pL{2,}")
_PHONE = compiled(r"\+[1-9](?:[ \x{00A0}().\-]{0,2}[0-9]){7,14}")

# Characters of an IBAN by country, as the registry of ISO 13616 has them.
_IBAN_LENGTH: Final = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FO FI GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}


def _free(text: str, start: int, end: int) -> bool:
    """Whether it stands by itself: no letter or digit touches it."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    return not (before.isalnum() or before == "_" or after.isalnum())


def _private_keys(text: str) -> Iterator[Span]:
    for match in _PRIVATE_KEY.finditer(text):
        yield match.span()


def _api_keys(text: str) -> Iterator[Span]:
    for match in _API_KEY.finditer(text):
        start, end = match.span()
        before = text[start - 1] if start else " "
        if not before.isalnum():
            yield start, end


def _cards(text: str) -> Iterator[Span]:
    """A number may stand among others (a date of expiry behind it): of a row of digit groups, every run of whole
    groups is looked at, the longest first."""
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        groups = _groups(text, start, end)
        first = 0
        while first < len(groups):
            last = _card_from(text, groups, first)
            if last is None:
                first += 1
                continue
            yield groups[first][0], groups[last][1]
            first = last + 1


def _groups(text: str, start: int, end: int) -> list[Span]:
    groups, begun = [], start
    for at in range(start, end + 1):
        if at == end or not text[at].isdigit():
            if at > begun:
                groups.append((begun, at))
            begun = at + 1
    return groups


def _card_from(text: str, groups: list[Span], first: int) -> int | None:
    """The last group of the longest card number that begins with the group ``first``."""
    digits, found = "", None
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > 19:
            break
        if len(digits) >= 13 and is_card(digits):
            found = last
    return found


def is_card(digits: str) -> bool:
    """As many digits as the issuer's cards have, the last of them Luhn's check digit."""
    if not (digits.isascii() and digits.isdigit() and len(digits) in _card_lengths(digits)):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        worth = int(digit) * (1 + place % 2)
        total += worth - 9 if worth > 9 else worth
    return total % 10 == 0 and len(set(digits)) > 1


def _card_lengths(digits: str) -> range | tuple[int, ...]:
    """By the first digits, which say who issues: Visa, American Express, Diners, JCB, Mastercard, Mir, and the rest
    from 5 on (Maestro, Discover, UnionPay)."""
    match digits[0], int(digits[1:2] or 0), int(digits[:4] or 0):
        case "4", _, _:
            return (13, 16, 19)
        case "3", 4 | 7, _:
            return (15,)
        case "3", 0 | 6 | 8 | 9, _:
            return range(14, 20)
        case ("3", 5, _) | ("2", _, 2200 | 2201 | 2202 | 2203 | 2204):
            return range(16, 20)
        case ("5", 1 | 2 | 3 | 4 | 5, _):
            return (16,)
        case "2", _, first if 2221 <= first <= 2720:
            return (16,)
        case "5" | "6", _, _:
            return range(13, 20)
    return ()


def _ibans(text: str) -> Iterator[Span]:
    """Only the beginning is a pattern: how much follows is the country's to say."""
    for match in _IBAN.finditer(text):
        start, _ = match.span()
        length = _IBAN_LENGTH.get(text[start : start + 2].upper())
        if length is None or (start and text[start - 1].isalnum()):
            continue
        at, kept = start, ""
        while at < len(text) and len(kept) < length:
            if text[at].isalnum():
                kept += text[at]
            elif text[at] not in _IBAN_GAPS or text[at - 1] in _IBAN_GAPS:
                break
            at += 1
        if is_iban(kept) and (at == len(text) or not text[at].isalnum()):
            yield start, at


def is_iban(kept: str) -> bool:
    """Letters and digits alone: the length of its country, and 1 for the remainder by 97 (ISO 7064)."""
    kept = kept.upper()
    if not (kept.isascii() and kept.isalnum()) or _IBAN_LENGTH.get(kept[:2]) != len(kept):
        return False
    return int("".join(str(int(sign, 36)) for sign in kept[4:] + kept[:4])) % 97 == 1


def _ssns(text: str) -> Iterator[Span]:
    for match in _SSN.finditer(text):
        start, end = match.span()
        if _free(text, start, end) and is_ssn("".join(filter(str.isdigit, match.group()))):
            yield start, end
    for match in _SSN_NAMED.finditer(text):
        start, end = match.span(1)
        if _free(text, start, end) and is_ssn(match.group(1)):
            yield start, end


def is_ssn(digits: str) -> bool:
    """What the issuer of US social security numbers never gave out is none."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        yield match.span()


def _phones(text: str) -> Iterator[Span]:
    for match in _PHONE.finditer(text):
        start, end = match.span()
        if 8 <= sum(map(str.isdigit, match.group())) <= 15 and _free(text, start, end):
            yield start, end


# In order: of two that overlap, the first is believed.
KINDS: Final = (
    Kind("private_key", "private key", "private keys", "private key", _private_keys),
    Kind("api_key", "access key", "access keys", "access key", _api_keys),
    Kind("iban", "IBAN", "IBANs", "IBAN", _ibans, comes_back=True),
    Kind("card", "card number", "card numbers", "card", _cards),
    Kind("ssn", "US social security number", "US social security numbers", "SSN", _ssns),
    Kind("email", "e-mail address", "e-mail addresses", "e-mail", _emails, comes_back=True),
    Kind("phone", "telephone number", "telephone numbers", "phone", _phones, comes_back=True),
)
