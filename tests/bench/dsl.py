"""``weft bench dsl``: how long the language takes to read, check, format, complete and edit a text.

The text is a mixed program over ``examples/catalog.json`` with every kind of step and clause, of 50, 200 and 1,000
steps. What is measured:

- ``floor``: the bare parser over the same text, without building the tree, comments or recovery;
- ``parse``: the tree; the memory of texts read before is emptied each time;
- ``check``: parse and all rules, in a process that has checked such a text before;
- ``check, first``: the same with nothing remembered: no compiled expression, no checked type;
- ``edit``: one edit of a step in a text that is open, its inverse, and the check of the new text;
- ``format``: the canonical text;
- ``complete``: what can be written in the middle of an expression in the middle of the text.

Figures are milliseconds of processor time (one thread works, so that is the time that passes where nobody else is at
work), and behind them ratios: to the floor of the same run, and how much more time n steps take
than n log n of the smaller size would (1.0: grows just like that; below: slower growth).
"""

from __future__ import annotations

import argparse
import gc
import itertools
import math
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from lark import Lark

import dsl
from dsl.catalog import Catalog, WorkflowInterface
from dsl.cel import runtime, typing
from dsl.grammar import GRAMMAR, _WholeWords
from dsl.outline import places
from dsl.parse import forget
from dsl.policy import Policy, ToolRule
from tests.bench.figures import Figure, report, show

SIZES = (50, 200, 1_000)
CATALOG = Path(__file__).parents[2] / "examples" / "catalog.json"

HEAD = """workflow big {
  use shop: mcp "shop"
  use mail: mcp "mail"
  use web: mcp "http"
  use dunning: workflow "dunning"

  type Verdict: { fair: bool, why: string, amount: float }
  input {
    order_id: string,
    customer: string?,
    limits: float[],
  }
  output { status: "done" | "nothing", total: float? }
  config { threshold: float = 100.0 }
  secret api_key
  trigger ui: manual
"""

# Twenty steps, of every kind. ``#`` is the number of the group.
GROUP = '''
  /// Look the order up, number #.
  step order#: call shop.get_order(order_id: input.order_id)
    timeout 10s
    retry 3 backoff 500ms to 10s on "timeout", "unavailable"
  step worth#: let order#.items.map(item, item.price * item.quantity).sum() * 1.2 + config.threshold
  // What is large is looked at by a person.
  step large#: if worth# > 250.0 && order#.status in ["paid", "shipped"] {
    step gate#: approve by role "manager" {
      title "Order ${order#.id} of ${order#.customer.name}: ${money(worth#)}"
      show order#.total, order#.customer.email
      within 2d
      on reject {
        step refused#: fail "refused" with "nobody wanted ${order#.id}"
      }
    }
    yield gate#.comment
  } else {
    yield "small"
  }
  step both#: parallel {
    step eligible#: call shop.check_refund_eligibility(order_id: order#.id, reason: "number #")
      timeout 10s
    step recent#: call shop.list_orders(customer_email: order#.customer.email, limit: 10)
      timeout 20s
      after eligible#
    yield { eligible: eligible#.eligible, most: eligible#.max_amount, others: recent#.orders.size() }
  }
  step ticket#: switch order#.status {
    case "delivered" {
      step open#: call shop.escalate_ticket(
        order_id: order#.id,
        summary: "${order#.customer.name} about ${order#.id}: ${large#}",
        priority: both#.most > 100 ? "high" : "low",
      )
        key "ticket-${order#.id}-#"
        timeout 30s
        retry 2
      yield open#.ticket_id
    }
    default {
      yield ""
    }
  }
  step lines#: foreach other in both#.others > 0 ? order#.items : [] concurrency 4 {
    step line#: do {
      yield "${other.title}: ${other.quantity} x ${money(other.price)}"
    }
    yield { text: line#, sum: other.price * other.quantity }
  }
  step tries#: loop with left = 3 while left > 0 max 5 {
    step page#: call web.request(method: "GET", url: "https://example.com/${tries#.count}")
      timeout 5s
      catch "timeout" as trouble {
        yield trouble.message
      }
    yield left - 1
  }
  step paid#: run dunning(customer: order#.customer.id, amount: round(order#.total - order#.refunded, 2))
  step verdict#: agent "balanced" {
    prompt """
      Is a refund of ${money(worth#)} fair for ${order#.id}?
      ${lines#.map(one, one.text).join('\\n')}
      """
    output Verdict
    max_turns 3
  }
  step news#: call mail.send(
    to: order#.customer.email,
    subject: "Order ${order#.id}",
    body: verdict#.fair ? "We looked at it: ${verdict#.why}" : "Ticket ${ticket#}",
  )
    timeout 30s
    key "news-${order#.id}-#"
  step pause#: wait 5m
'''


def program(steps: int) -> str:
    """A text with so many steps, give or take none."""
    groups = HEAD
    number = 0
    while True:
        more = groups + GROUP.replace("#", str(number))
        if _count(more + "}") > steps - 1:
            break
        groups, number = more, number + 1
    left = steps - 1 - _count(groups + "}")
    lets = "".join(f"  step extra{one}: let {one} + config.threshold\n" for one in range(left))
    return f'{groups}{lets}  step done: return {{ status: "done", total: config.threshold }}\n}}\n'


def _count(text: str) -> int:
    return sum(1 for _ in places(dsl.parse(text).workflow.body))


def catalog() -> Catalog:
    whole = Catalog.model_validate_json(CATALOG.read_text(encoding="utf-8"))
    dunning = WorkflowInterface(
        name="dunning",
        input_schema={
            "type": "object",
            "properties": {"customer": {"type": "string"}, "amount": {"type": "number"}},
            "required": ["customer", "amount"],
        },
        output_schema={"type": "object", "properties": {"paid": {"type": "boolean"}}},
    )
    looks = ToolRule(tool="http.request", does=(), idempotent=True)
    update = {
        "workflows": {"dunning": dunning},
        "secrets": frozenset({"api_key"}),
        "policy": Policy(rules=(*whole.policy.rules, looks)),
    }
    return whole.model_copy(update=update)


@lru_cache(maxsize=1)
def _bare() -> Lark:
    """The same grammar and lexer, with lark's own tree of what it saw thrown away."""
    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=["start", "expr"],
        keep_all_tokens=True,
        maybe_placeholders=False,
        postlex=_WholeWords(),
    )


class Bench:
    def __init__(self, steps: int) -> None:
        self.text = program(steps)
        self.catalog = catalog()
        self.edits = 0
        found = dsl.check(dsl.parse(self.text), self.catalog)
        errors = [one.message for one in found if one.severity == "error"]
        assert not errors and _count(self.text) == steps, (errors, _count(self.text))
        middle = self.text.index(".customer.email", len(self.text) // 2)
        self.cursor = middle + len(".customer.em")

    def floor(self) -> None:
        _bare().parse(self.text, start="start")

    def parse(self) -> None:
        forget()
        dsl.parse(self.text)

    def check(self) -> None:
        forget()
        dsl.check(dsl.parse(self.text), self.catalog)

    def first(self) -> None:
        typing.forget()
        runtime._compiled.cache_clear()
        self.check()

    def edit(self) -> None:
        """As in an editor: the text is open, one step is changed to what it never was before, and all is checked."""
        self.edits += 1
        change = dsl.SetArgument(
            path="news0", name="subject", value=f'"Order {self.edits} of ${{order0.id}}"'
        )
        edited = dsl.apply(self.text, change)
        dsl.check(dsl.parse(edited.text), self.catalog)

    def format(self) -> None:
        forget()
        dsl.format_text(self.text)

    def complete(self) -> None:
        forget()
        dsl.complete(self.text, self.cursor, self.catalog)


NAMES = {
    "floor": "floor",
    "parse": "parse",
    "check": "check",
    "first": "check, first",
    "edit": "edit",
    "format": "format",
    "complete": "complete",
}


def measure(rounds: int, sizes: tuple[int, ...]) -> dict[str, Figure]:
    benches = {steps: Bench(steps) for steps in sizes}
    times: dict[tuple[str, int], list[float]] = {}
    for round_ in range(rounds + 1):  # the first one warms up
        for steps, bench in benches.items():
            dsl.check(dsl.parse(bench.text), bench.catalog)
            for name in NAMES:
                took = _timed(getattr(bench, name))
                if round_:
                    times.setdefault((name, steps), []).append(took * 1000)
    figures = {
        f"{NAMES[name]}, {steps} steps": Figure("ms", times[name, steps]) for name in NAMES for steps in sizes
    }
    for name in NAMES:
        for steps in sizes:
            if name not in ("floor", "complete"):
                ratios = _ratios(times[name, steps], times["floor", steps])
                figures[f"{NAMES[name]} / floor, {steps} steps"] = Figure("times", ratios)
        for small, large in itertools.pairwise(sizes):
            expected = large * math.log(large) / (small * math.log(small))
            growth = [ratio / expected for ratio in _ratios(times[name, large], times[name, small])]
            figures[f"{NAMES[name]}, {small} to {large} steps / n log n"] = Figure("times", growth)
    return figures


def _ratios(above: list[float], below: list[float]) -> list[float]:
    return [one / other for one, other in zip(above, below, strict=True)]


def _timed(what: Callable[[], None]) -> float:
    gc.collect()
    began = time.process_time()
    what()
    return time.process_time() - began


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench dsl")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, action="append", help="another size; may be repeated")
    options = parser.parse_args(argv)
    show(report("dsl", measure(options.rounds, tuple(options.steps or SIZES))), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
