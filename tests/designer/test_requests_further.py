"""The built-in designer over catalogs it has never seen: properties of what it writes, triggers among them."""

from __future__ import annotations

import random

import pytest

from dsl.catalog import Catalog
from studio.designer.builtin import answer
from studio.designer.builtin.anatomy import anatomy
from studio.designer.builtin.schedules import find_schedule
from studio.designer.builtin.spelling import mended
from studio.designer.proving import prove
from studio.designer.writing import Said, Written
from tests.designer.catalogs import INCIDENTS, INVOICES, LEAVE, SHOP
from tests.designer.houses import BIKES, DESK, LEDGER, PEOPLE, SALES, WAREHOUSE

ALL = (SHOP, INVOICES, LEAVE, INCIDENTS, BIKES, LEDGER, PEOPLE, DESK, SALES, WAREHOUSE)


def text_of(request: str, catalog: Catalog) -> str:
    found = answer(request, catalog)
    assert isinstance(found, Written), found
    assert prove(found.text, catalog).sound
    return found.text


@pytest.mark.parametrize(
    "words, cron, zone",
    [
        ("every weekday at 9 in Paris", "0 9 * * MON-FRI", "Europe/Paris"),
        ("on the first of the month", "0 9 1 * *", ""),
        ("every 15 minutes", "*/15 * * * *", ""),
        ("Mondays and Thursdays at half past 7", "30 7 * * MON,THU", ""),
        ("at the end of each quarter", "0 9 L 3,6,9,12 *", ""),
        ("daily at 18:30 UTC", "30 18 * * *", "UTC"),
        ("every evening at 7", "0 19 * * *", ""),
        ("every 2 hours between 8 and 18", "0 8-18/2 * * *", ""),
        ("twice a day at 8 and at 17 New York time", "0 8,17 * * *", "America/New_York"),
    ],
)
def test_a_time_in_words_is_a_cron_line_with_its_place(words: str, cron: str, zone: str) -> None:
    found = find_schedule(f"{words}, list the orders")
    assert found is not None
    assert (found.cron, found.zone) == (cron, zone)


@pytest.mark.parametrize(
    "words", ["for every order", "wait until Monday at 9", "check every hour at most 5 times"]
)
def test_what_is_no_schedule_is_not_taken_for_one(words: str) -> None:
    assert find_schedule(words) is None


@pytest.mark.parametrize(
    "name, says, reads, verb, noun",
    [
        ("getOrder", "Fetch one.", True, "get", ("order",)),
        ("invoice-list", "All invoices.", True, "list", ("invoice",)),
        ("TicketCreate", "Open a ticket.", False, "create", ("ticket",)),
        ("leads/score", "Score a lead.", True, "score", ("leads",)),
        ("payment-schedule", "Schedule a payment.", False, "schedule", ("payment",)),
        ("process_refund", "Refund an order.", False, "process", ("refund",)),
        ("server_status", "Whether it is up.", True, "", ("server", "status")),
    ],
)
def test_a_tool_has_a_verb_and_a_noun_however_it_is_named(
    name: str, says: str, reads: bool, verb: str, noun: tuple[str, ...]
) -> None:
    found = anatomy(name, says, reads=reads)
    assert (found.verb, found.noun) == (verb, noun)


def test_slips_of_the_pen_are_mended_and_right_words_left_alone() -> None:
    names = ("get_invoice", "list_invoices", "approve_leave")
    assert mended("plese fetch the invoce and aprove it", names) == "please fetch the invoice and approve it"
    right = "We hear that the moon belongs to Lena and the robot"
    assert mended(right, names) == right


def test_amounts_in_cents_are_compared_and_shown_as_such() -> None:
    request = (
        "Get the order. If the total is over 100 euros ask the store manager to approve. Then refund it."
    )
    text = text_of(request, BIKES)
    assert "order.totalCents > 10000" in text
    assert "amountCents: order.totalCents" in text
    assert "money(double(order.totalCents) / 100.0)" in text


def test_a_schedule_a_webhook_and_an_event_become_triggers() -> None:
    daily = text_of(
        "Every weekday at 7 in Berlin, list articles with low stock and email me the list.", WAREHOUSE
    )
    assert 'schedule "0 7 * * MON-FRI" timezone "Europe/Berlin"' in daily
    hook = text_of("When Stripe sends a webhook, get the order and email the shopper.", BIKES)
    assert 'webhook POST "/stripe" verify hmac_sha256(event, secrets.stripe_signing_key)' in hook
    event = text_of("When a ticket is created, get the ticket and post it to #incidents.", DESK)
    assert 'event "ticket.created"' in event


def test_who_is_asked_next_what_follows_a_no_and_what_follows_silence_stand_with_the_question() -> None:
    text = text_of(
        "Get the invoice. Ask the accountant to approve within 2 days. If nobody answers within a day, ask the cfo. "
        "If it is refused, tell the supplier. Then pay it.",
        INVOICES,
    )
    assert 'escalate after 1d to role "cfo"' in text
    assert text.index("on reject {") < text.index("mail.send(") < text.index("pay_invoice(")


def test_a_failure_is_told_and_what_was_done_before_is_taken_back() -> None:
    text = text_of(
        "Reserve the stock and create the shipment. If the shipment fails, release the stock and email the supplier.",
        WAREHOUSE,
    )
    assert "compensate {" in text and "release_stock(" in text
    assert "catch as problem {" in text


def test_looking_again_until_it_holds_is_a_loop_with_a_bound() -> None:
    text = text_of(
        "Run the backup, then check the backup state every 10 minutes until it is finished, at most 6 times.",
        DESK,
    )
    assert "loop until" in text and "max 6" in text and "wait 10m" in text


@pytest.mark.parametrize(
    "request_", ["delete everything", "leads", "make our leave process better", "do the thing please"]
)
def test_a_request_that_says_too_little_or_too_much_gets_a_question(request_: str) -> None:
    found = answer(request_, SALES)
    assert isinstance(found, Said) and "?" in found.text


_OPENINGS = ("", "Every Monday at 8, ", "When a new one comes in, ", "Please ", "Whenever it is needed: ")
_GATES = (
    "",
    "Ask a manager to approve within a day. ",
    "If the total is over 50 euros, ask the boss first. ",
    "Wait 2 days. ",
)
_ENDS = (
    "", "If anything fails, email me.", "Otherwise stop.", "Then tell the customer by email.", "Retry up to 3 times.",
    "For each of them, at most 3 at once, email me.", "If nobody answers in 12 hours, ask the director.",
    "unless it is already done, do it again -> tell #ops", "1) stop\n2) go on", "\"quoted ${x}\" and pay 5% of it",
)  # fmt: skip


def _random_request(rng: random.Random, catalog: Catalog) -> str:
    tools = [tool for connector in catalog.connectors.values() for tool in connector.tools.values()]
    deeds = []
    for tool in rng.sample(tools, k=min(len(tools), rng.randint(1, 4))):
        said = (
            tool.description.rstrip(".")
            if rng.random() < 0.5
            else tool.name.replace("_", " ").replace("/", " ")
        )
        deeds.append(said[:1].lower() + said[1:])
    joint = rng.choice((", then ", " and ", ". ", "\n- ", " -> "))
    return rng.choice(_OPENINGS) + joint.join(deeds) + ". " + rng.choice(_GATES) + rng.choice(_ENDS)


@pytest.mark.parametrize("seed", range(10))
def test_whatever_is_asked_no_proposal_has_an_error(seed: int) -> None:
    rng = random.Random(seed)
    written = 0
    for _ in range(30):
        catalog = rng.choice(ALL)
        request = _random_request(rng, catalog)
        found = answer(request, catalog)
        if isinstance(found, Written):
            written += 1
            assert prove(found.text, catalog).sound, request
    assert written >= 10
