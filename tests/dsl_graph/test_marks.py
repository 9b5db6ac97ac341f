"""What a node says besides its sentence."""

from __future__ import annotations

import pytest

from dsl.graph import Node, view
from dsl.parse import parse
from tests.dsl_meaning.sample import CATALOG

HEAD = 'workflow w {\n  use shop: mcp "shop"\n  use mail: mcp "mail"\n'
ORDER = '  step order: call shop.get_order(order_id: "A-1")\n'


def node(steps: str, path: str) -> Node:
    graph = view(parse(f"{HEAD}{ORDER}{steps}}}\n"), (), CATALOG)
    return next(node for node in graph.nodes if node.id == path)


def marks(steps: str, path: str = "s") -> list[tuple[str, str]]:
    return [(mark.kind, mark.text) for mark in node(steps, path).marks]


CALL = "  step s: call shop.process_refund(order_id: order.id, amount: order.total)"


def test_a_call_that_is_tried_again_says_how_often_and_that_a_key_guards_it():
    steps = f'{CALL} key order.id retry 3 on "timeout"\n'
    assert sorted(marks(steps)) == [("key", ""), ("retry", "3")]
    about = {mark.kind: mark.about for mark in node(steps, "s").marks}
    assert about["retry"] == "Tried again up to 3 times on timeout"


@pytest.mark.parametrize(
    ("limit", "shown"), [("30s", []), ("2m", [("timeout", "2 min")]), ("7d", [("timeout", "7 d")])]
)
def test_only_a_long_time_limit_is_worth_a_sign(limit: str, shown: list[tuple[str, str]]):
    assert marks(f"{CALL} timeout {limit}\n") == shown


def test_an_approval_shows_its_question_in_words_and_who_is_asked_later():
    steps = (
        '  step s: approve by role "manager" {\n    title "Refund ${order.total} for ${order.id}?"\n'
        '    within 1d\n    escalate after 12h to role "owner"\n  }\n'
    )
    assert marks(steps) == [
        ("ask", "Refund ‹the order total› for ‹the order ID›?"),
        ("escalate", "after 12 hours: an owner"),
    ]


def test_an_agent_names_its_tools_and_counts_the_rest():
    tools = "shop.get_order, shop.list_orders, shop.check_refund_eligibility, mail.send"
    found = marks(f'  step s: agent "balanced" {{ prompt "x" tools {tools} max_turns 3 }}\n')
    assert [kind for kind, _ in found] == ["tool"] * 4
    assert found[-1] == ("tool", "+1")


def test_comments_and_long_documentation_are_said_of_their_own_step_only():
    steps = (
        "  /// A sentence that is much too long to be the title of a step on the canvas.\n"
        "  // Ask first.\n"
        "  step s: if order.total > 1.0 {\n    // Inside.\n    step t: let 1 // why one\n  }\n"
        "  step u: let 2\n"
    )
    assert node(steps, "s").comment == (
        "A sentence that is much too long to be the title of a step on the canvas.\nAsk first."
    )
    assert node(steps, "s.t").comment == "Inside. why one"
    assert node(steps, "u").comment == ""
