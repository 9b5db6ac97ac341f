"""What people read is made of names and exact arguments, fits on a line, and leads to a page that asks for a login."""

from __future__ import annotations

import pytest

from engine.happening import deed, sentence, summed
from engine.notifying.delivering import slack_body
from engine.notifying.screening import HELD_BACK, is_secret_name, screened
from engine.notifying.wording import public_url, worded


def refund(amount: object, **more: object) -> dict[str, object]:
    return {"connector": "shop", "tool": "process_refund", "arguments": {"amount": amount, **more}}


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ([refund(100.0), refund(200), refund(112.0)], "3 refunds, 412.00 in all"),
        ([refund(100.0, currency="EUR"), refund(312, currency="EUR")], "2 refunds, EUR 412.00 in all"),
        ([refund(0.1), refund(0.2)], "2 refunds, 0.30 in all"),
        ([refund(1, currency="EUR"), refund(1, currency="USD")], "2 refunds"),
        ([refund(1), refund("1")], "2 refunds"),
        ([refund(1, total=2)], "1 refund"),
        ([refund(1), {"connector": "shop", "tool": "process_refund", "arguments": None}], "2 refunds"),
        ([refund(1), refund(1) | {"stubbed": True}], "2 refunds"),
        ([refund(1), {"connector": "mail", "tool": "send_email", "arguments": {}}], "1 refund, 1 email"),
        ([{"connector": "workflow", "tool": "pay", "arguments": {}}] * 2, "2 runs of pay"),
        ([{"connector": "shop", "tool": "cancel_order_line", "arguments": {}}], "1 × Cancel order line"),
        ([], "nothing is called"),
    ],
)
def test_several_calls_are_summed_where_the_sum_can_be_known(effects, said: str):
    assert summed(effects) == said


def test_a_call_in_words_names_its_arguments_as_they_are():
    assert sentence(refund(249.9, order_id="A-1001", reason="x" * 200, lines=[1, 2])) == (
        f"Process refund in shop: order id A-1001, amount 249.9, reason “{'x' * 80}…”, lines 2 items"
    )
    assert sentence(refund(5000.0)) == "Process refund in shop: amount 5000"
    assert deed({"connector": "workflow", "tool": "pay"}) == "Run the workflow pay"
    assert "not known yet" in sentence({"connector": "shop", "tool": "pay", "arguments": None})


def test_nothing_said_breaks_a_line_or_pings_or_links():
    data = {
        "workflow": "Refund",
        "title": "x\r\nBcc: evil@example.com <!channel> <http://evil|here>",
        "effects": [refund(1, note="<!here> & <http://evil|click>")],
        "link": "//evil.example.com/approvals/1",
    }
    words = worded("approval.opened", data, "https://weft.example.com")
    assert "\n" not in words.subject and "\r" not in words.subject and words.link == ""
    body = slack_body(words)
    assert "<" not in body["text"] and "<" not in body["blocks"][1]["text"]["text"]


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://localhost:3000"),
        ({"WEFT_STUDIO_PORT": "4000"}, "http://localhost:4000"),
        ({"WEFT_ORIGINS": "https://weft.example.com/, http://x"}, "https://weft.example.com"),
    ],
)
def test_links_lead_to_the_first_origin(environment: dict[str, str], url: str):
    assert public_url(environment) == url


def test_names_of_secrets_are_known_in_every_spelling():
    for name in (
        "password",
        "api_key",
        "apiKey",
        "X-API-Key",
        "access_token",
        "clientSecret",
        "Authorization",
        "pin",
    ):
        assert is_secret_name(name), name
    for name in ("order_id", "amount", "tokens_used", "keyboard", "pinned", "shipping", "author"):
        assert not is_secret_name(name), name


def test_rules_that_cannot_be_read_let_nothing_out():
    body = {"approval_id": "1", "title": "Pay ada@example.com", "effects": [refund(1)], "to": "a@b.c"}
    assert screened(body, {"actions": "nonsense"}) == {"approval_id": "1", "title": HELD_BACK, "effects": []}
    assert screened({"title": "Pay", "effects": [refund(1)]}, None)["effects"] == [refund(1)]


def test_what_stands_below_the_name_of_a_secret_is_hidden_whatever_it_is():
    arguments = {"credentials": {"user": "ada", "key": "hunter2"}, "password": ["hunter2", {"a": "hunter2"}]}
    hidden = screened({"effects": [{"arguments": arguments, "tool": "open"}]}, None)
    assert "hunter2" not in str(hidden) and "ada" not in str(hidden)
    # What says only whether there is one tells nothing, and names stay.
    flags = {"secret": {"known": True, "of": None}}
    assert screened(flags, None) == flags
