"""One mark a value, a policy's actions, and refusing where nothing can be known."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dlp import DlpFailed, DlpPolicy, Found, Redactor, Restorer, read_policy, redact, said_of
from engine.dlp.policy import USUAL, custom
from engine.dlp.redacting import LONGEST, in_words
from engine.errors import BadInput

CARD = "4111 1111 1111 1111"
MAIL = DlpPolicy({"email": "redact"})


def test_several_texts_have_the_same_marks():
    several = Redactor(MAIL)
    assert several.redact("a@x.org and b@x.org").text == "[e-mail 1] and [e-mail 2]"
    assert several.redact("B@x.org, c@x.org").text == "[e-mail 2], [e-mail 3]"
    assert in_words(several.found) == "3 e-mail addresses"
    assert several.values == {"e-mail 1": "a@x.org", "e-mail 2": "b@x.org", "e-mail 3": "c@x.org"}


def test_a_key_is_not_kept_to_be_put_back_and_nothing_prints_a_value():
    found = Redactor(DlpPolicy())
    found.redact(f"{CARD} and sk-ant-{'x' * 30}")
    assert found.values == {}
    assert CARD not in repr(found) and "xxx" not in repr(found)
    assert in_words(found.found) == "1 card number and 1 access key"


def test_where_nothing_is_said_money_and_keys_stay_and_addresses_go():
    text = f"{CARD}, anna@example.com, +49 30 901820"
    assert redact(text, DlpPolicy()).text == "[card 1], anna@example.com, +49 30 901820"


def test_what_is_to_be_refused_says_so():
    seen = redact(f"pay {CARD}", DlpPolicy({"card": "refuse"}))
    assert seen.refused and seen.found == (Found("card", "card 1", "refuse"),)
    assert not redact("pay nothing", DlpPolicy({"card": "refuse"})).refused


def test_a_pattern_of_the_accounts_is_looked_for_too():
    policy = DlpPolicy(custom=(custom("Case number", r"ACME-\d{4}", "redact"),))
    assert redact("see ACME-1234 and ACME-99", policy).text == "see [case number 1] and ACME-99"


@pytest.mark.parametrize(
    "pattern",
    ["(", "(?=a)b", r"(a)\1", "x*", "a{1000}{1000}", "", "y" * 201, "((a{100}){100}){10}", "\ud800"],
)
def test_a_pattern_that_finds_nothing_or_costs_too_much_is_not_taken(pattern: str):
    with pytest.raises(BadInput):
        custom("bad", pattern, "redact")


def test_a_pattern_that_ruins_backtracking_engines_takes_its_time_and_no_more():
    policy = DlpPolicy(custom=(custom("trap", "(a+)+$x?b", "redact"), custom("trap 2", "(a|aa)+b", "redact")))
    began = time.monotonic()
    assert redact("a" * 100_000, policy).found == ()
    assert time.monotonic() - began < 2


def test_a_text_that_is_too_long_or_takes_too_long_does_not_leave():
    with pytest.raises(DlpFailed, match="too long"):
        redact("a" * (LONGEST + 1), DlpPolicy())
    slow = itertools.count(step=3)
    with pytest.raises(DlpFailed, match="took too long"):
        Redactor(DlpPolicy(), clock=lambda: float(next(slow))).redact("anything")


def test_an_error_of_the_search_does_not_let_the_text_out():
    with pytest.raises(DlpFailed, match="could not be looked through"):
        redact("half a character: \ud800", DlpPolicy())


def test_a_policy_is_read_as_it_was_said():
    said = {
        "actions": {**USUAL, "email": "refuse"},
        "custom": [{"name": "case", "pattern": "ACME-[0-9]+", "action": "redact"}],
        "reach": "all",
    }
    assert said_of(read_policy(said)) == said
    assert said_of(read_policy({})) == {"actions": USUAL, "custom": [], "reach": "hosted"}


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {"actions": {"cards": "redact"}},
        {"actions": {"card": "maybe"}},
        {"actions": []},
        {"reach": "none"},
        {"custom": [{"name": "a", "pattern": "a"}] * 2},
        {"custom": [{"name": "card", "pattern": "a"}]},
        {"custom": [{"name": "a]b", "pattern": "a"}]},
        {"custom": [{"name": f"n{n}", "pattern": "a"} for n in range(21)]},
    ],
)
def test_a_policy_that_does_not_fit_is_refused(said: object):
    with pytest.raises(BadInput):
        read_policy(said)


VALUES = {"e-mail 1": "anna@example.com", "e-mail 11": "b@example.com", "phone 1": "+49 30 901820"}


@given(
    st.lists(
        st.sampled_from(
            ["[e-mail 1]", "[e-mail 11]", "[phone 1]", "[", "[e", "]", "x", " [card 1] ", "e-mail 1"]
        )
    ),
    st.data(),
)
def test_marks_come_back_however_the_answer_is_cut(parts: list[str], data: st.DataObject):
    whole = "".join(parts)
    wanted = whole
    for mark, value in VALUES.items():
        wanted = wanted.replace(f"[{mark}]", value)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    restorer = Restorer(VALUES)
    said = [restorer.feed(whole[a:b]) for a, b in itertools.pairwise([0, *cuts, len(whole)])]
    assert "".join(said) + restorer.end() == wanted


@given(st.text())
def test_without_marks_nothing_is_held_back(text: str):
    assert Restorer({}).feed(text) == text
