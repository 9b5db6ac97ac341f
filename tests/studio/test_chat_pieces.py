"""What the chat is made of: text in pieces, what is painted, what may be remembered, what a conversation cost."""

from __future__ import annotations

from typing import Any

import pytest

from studio.chat.painting import by_node, painted
from studio.chat.remembering import preference_in
from studio.chat.says import Accept, read
from studio.chat.spending import worded
from studio.chat.streaming import AGAIN, Tail
from studio.designer.parts import parts
from tests.designer.catalogs import SHOP
from tests.designer.test_choosing import BASE, NEW


class Page:
    """Puts pieces behind each other as the browser does, and says when one is missing."""

    def __init__(self) -> None:
        self.n, self.text, self.gap = 0, "", False

    def see(self, news: dict[str, Any] | None) -> None:
        self.gap = False
        if news is None:
            return
        if "whole" in news:
            self.n, self.text = news["whole"]
        for number, text in news["pieces"]:
            if number <= self.n:
                continue
            if number > self.n + 1:
                self.gap = True
                return
            self.n, self.text = number, self.text + text


def told(tail: Tail, count: int) -> list[dict[str, Any] | None]:
    news = []
    for number in range(count):
        tail.feed(f"{number} ")
        news.append(tail.news())
    return news


def test_only_the_new_end_of_an_answer_is_sent() -> None:
    tail, page = Tail(1), Page()
    for news in told(tail, 50):
        page.see(news)
        assert news is not None and sum(len(text) for _, text in news["pieces"]) < 20
    assert (page.text, page.gap, tail.news()) == (tail.whole, False, None)


def test_updates_that_reach_the_page_as_one_lose_nothing() -> None:
    tail, page = Tail(1), Page()
    for number, news in enumerate(told(tail, 40)):
        if number % (AGAIN + 1) == AGAIN:
            page.see(news)
    assert (page.text, page.gap) == (tail.whole, False)


def test_a_page_that_missed_more_says_so_and_gets_all_of_it() -> None:
    tail, page = Tail(1), Page()
    news = told(tail, 20)
    page.see(news[-1])
    assert page.gap
    page.see(tail.all())
    assert (page.text, page.gap) == (tail.whole, False)
    page.see(told(tail, 1)[0])
    assert (page.text, page.gap) == (tail.whole, False)


def test_what_goes_is_painted_where_it_stood_beside_what_comes() -> None:
    gate = NEW[NEW.index("  step gate") : NEW.index("  step large")]
    found = painted(BASE, NEW.replace(gate, ""), SHOP)
    nodes = [node["id"] for node in found["graph"]["nodes"] if node["id"] in found["marks"]]
    assert {id: found["marks"][id] for id in nodes} == {
        "~start": "changed",
        "gate": "removed",
        "gate.consent": "removed",
        "large": "added",
        "done": "changed",
        "~end": "changed",
    }
    assert nodes.index("gate") < nodes.index("large")


def test_every_painted_step_knows_its_part() -> None:
    found = by_node(parts(BASE, NEW, SHOP))
    assert set(found) == {"large", "done"} and found["large"] != found["done"]


@pytest.mark.parametrize(
    "said, kept",
    [
        ("Get the order. Always ask finance_manager.", "Always ask finance_manager"),
        ("No, ask the finance manager instead", "ask the finance manager instead"),
        ("All amounts are in euros from now on!", "All amounts are in euros from now on"),
        ("Refund the order and e-mail the customer.", ""),
        ("Should we always ask a manager?", ""),
        ("Always " + "x" * 300, ""),
    ],
)
def test_a_lasting_wish_or_a_correction_is_noticed(said: str, kept: str) -> None:
    assert preference_in(said) == kept


def test_what_a_page_says_wrongly_is_dropped() -> None:
    assert read({"type": "accept", "message": "m", "parts": ["1"]}) == Accept(
        type="accept", message="m", parts=["1"]
    )
    for said in (
        {},
        {"type": "accept"},
        {"type": "accept", "message": 1},
        {"type": "publish"},
        "accept",
        None,
    ):
        assert read(said) is None


@pytest.mark.parametrize(
    "tokens, usd, words",
    [
        (0, 0.0, ""),
        (1204, 0.0, "1,204 tokens"),
        (9, 0.004, "9 tokens, under $0.01"),
        (9, 1.5, "9 tokens, $1.50"),
    ],
)
def test_what_a_conversation_cost_is_said_in_words(tokens: int, usd: float, words: str) -> None:
    assert worded(tokens, usd) == words
