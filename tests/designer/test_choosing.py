"""Some parts of a change: the text they make, or in words which others they need."""

from __future__ import annotations

from studio.designer.choosing import Chosen, Needs, choose
from studio.designer.parts import parts
from tests.designer.catalogs import SHOP

BASE = """workflow refunds {
  use shop: mcp "shop"
  input { order_id: string }
  output { total: float }
  config { limit: float = 100.0 }

  step order: call shop.get_order(order_id: input.order_id)

  step gate: if order.total > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step done: return { total: order.total }
}
"""
NEW = """workflow refunds {
  use shop: mcp "shop"
  input { order_id: string }
  output { total: float, big: bool }
  config { limit: float = 250.0 }

  step order: call shop.get_order(order_id: input.order_id)

  step gate: if order.total > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step large: let order.total > 1000.0

  step done: return { total: order.total, big: large }
}
"""


def chosen(*words: str, text: str = NEW) -> Chosen | Needs:
    """The parts whose titles have the words in them."""
    found = parts(BASE, text, SHOP)
    ids = [part.id for part in found if any(word in part.title for word in words)]
    assert len(ids) == len(words), [part.title for part in found]
    return choose(BASE, text, ids, SHOP)


def test_a_part_that_stands_alone_is_taken_and_says_what_it_lowers() -> None:
    made = chosen("limit rises")
    assert isinstance(made, Chosen)
    assert made.text == BASE.replace("limit: float = 100.0", "limit: float = 250.0")
    assert made.safety


def test_a_part_that_needs_another_says_which_and_why() -> None:
    made = chosen("`done`")
    assert isinstance(made, Needs)
    assert "`done`" in made.message and "too: without it" in made.message
    more = [part.title for part in parts(BASE, NEW, SHOP) if part.id in made.more]
    assert len(more) == 2 and not any("limit" in title for title in more)


def test_all_it_needs_with_it_is_a_workflow_that_runs() -> None:
    need = chosen("`done`")
    assert isinstance(need, Needs)
    ids = [*need.more, *(part.id for part in parts(BASE, NEW, SHOP) if "`done`" in part.title)]
    made = choose(BASE, NEW, ids, SHOP)
    assert isinstance(made, Chosen)
    assert "limit: float = 100.0" in made.text and "big: large" in made.text
