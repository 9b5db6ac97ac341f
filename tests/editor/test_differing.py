"""Two texts compared, as the page shows it."""

from __future__ import annotations

from typing import Any

import pytest

import dsl
from engine.inflight import InFlight
from studio.editor.differing import briefly, differ, graph_of, in_flight, marks, shown, starts, suggested
from tests.editor.conftest import CATALOG, REFUND

BASE = """workflow pay {
  use shop: mcp "shop"
  input { amount: float }
  output { paid: float }
  trigger nightly: schedule "0 2 * * *" timezone "Europe/Paris"
  trigger ui: manual

  step gate: if input.amount > 100.0 {
    step consent: approve by role "manager" { within 24h }
  }
  step orders: call shop.list_orders(limit: 5)
  step note: let "seen"
  step done: return { paid: input.amount }
}
"""


def changed(*pairs: tuple[str, str], text: str = BASE) -> str:
    for words, now in pairs:
        assert words in text
        text = text.replace(words, now, 1)
    return text


def groups(old: str, new: str) -> dict[str, list[str]]:
    found = shown(differ(old, new, CATALOG, {}))
    return {one["weight"]: [change["sentence"] for change in one["changes"]] for one in found["groups"]}


def test_what_lowers_safety_comes_first_and_changes_are_numbered_through() -> None:
    new = changed(
        ("100.0", "500.0"), ('"seen"', '"looked at"'), ("output { paid: float }", "output { paid: float? }")
    )
    found = shown(differ(BASE, new, CATALOG, {}))
    assert [one["weight"] for one in found["groups"]] == ["safety", "behaviour", "interface"]
    rows = [change for one in found["groups"] for change in one["changes"]]
    assert [row["index"] for row in rows] == list(range(found["count"]))
    assert rows[0]["risks"] == ["The approval `consent` is asked for less often"]
    assert (rows[0]["old"], rows[0]["new"], rows[0]["oldLine"], rows[0]["newLine"]) == ("gate", "gate", 8, 8)


def test_what_breaks_says_where_and_what_to_do() -> None:
    new = changed(("input { amount: float }", "input { amount: float, who: string }"))
    (broken,) = shown(differ(BASE, new, CATALOG, {}))["breaks"]
    assert (broken["code"], broken["severity"], broken["line"]) == ("B701", "error", 3)
    assert "default" in broken["help"]


def test_where_runs_wait_counts_for_what_breaks() -> None:
    new = changed(("step consent", "step decision"))
    assert shown(differ(BASE, new, CATALOG, {}))["breaks"] == []
    (broken,) = shown(differ(BASE, new, CATALOG, {"gate.consent": 2}))["breaks"]
    assert (broken["code"], broken["severity"]) == ("B711", "warning")


@pytest.mark.parametrize(
    ("new", "layout"), [(BASE, False), (BASE.replace("  step note", "  \n  step note"), True)]
)
def test_the_same_is_the_same_and_layout_is_only_layout(new: str, layout: bool) -> None:
    found = shown(differ(BASE, new, CATALOG, {}))
    assert (found["groups"], found["breaks"], found["same"], found["layout"]) == ([], [], True, layout)


def test_steps_that_came_went_moved_and_changed_are_painted_on_their_side() -> None:
    block = "  step extra: do {\n    step inner: let 1\n    yield inner\n  }\n"
    new = changed(
        ('  step note: let "seen"\n', ""),
        ("limit: 5", "limit: 6"),
        ("  step done", f"{block}  step done"),
    )
    painted = marks(differ(BASE, new, CATALOG, {}))
    assert painted["old"] == {"note": "removed", "orders": "changed"}
    assert painted["new"] == {"extra": "added", "extra.inner": "added", "orders": "changed"}


def test_a_step_that_only_moved_is_painted_as_moved() -> None:
    lines = ("  step orders: call shop.list_orders(limit: 5)\n", '  step note: let "seen"\n')
    painted = marks(differ(BASE, changed(("".join(lines), "".join(reversed(lines)))), CATALOG, {}))
    assert set(painted["old"].values()) == {"moved"}
    assert painted["old"] == painted["new"]


def test_a_change_of_input_and_output_is_seen_at_the_beginning_and_the_end() -> None:
    new = changed(
        ("{ amount: float }", '{ amount: float, note: string = "" }'), ("{ paid: float }", "{ paid: float? }")
    )
    painted = marks(differ(BASE, new, CATALOG, {}))
    assert painted["new"] == {"~start": "changed", "~end": "changed"}


def test_every_painted_node_is_on_its_graph() -> None:
    new = REFUND.replace("step notify", "step told", 1).replace("timeout 10s", "timeout 20s")
    difference = differ(REFUND, new, CATALOG, {})
    assert marks(difference)["new"]
    for side, parsed in (("old", difference.old), ("new", difference.new)):
        ids = {node["id"] for node in graph_of(parsed, CATALOG)["nodes"]}
        assert set(marks(difference)[side]) <= ids


def test_a_message_is_suggested_from_the_changes() -> None:
    def message(*pairs: tuple[str, str]) -> str:
        return suggested(differ(BASE, changed(*pairs), CATALOG, {}).changes)

    assert "500" in message(("100.0", "500.0")) and "`" not in message(("100.0", "500.0"))
    assert message(("limit: 5", "limit: 6"), ("100.0", "500.0"), ('"seen"', '"b"')).endswith(
        "and 1 more change"
    )
    assert message() == ""
    assert message(("  step note", "  \n  step note")) == "Only the layout of the text"


def test_a_message_stays_one_short_line() -> None:
    long = " ".join(["word"] * 120)
    told = suggested(differ(BASE, changed(('"seen"', f'"{long}"')), CATALOG, {}).changes)
    assert len(told) <= 200 and "\n" not in told


def test_a_version_is_told_in_two_sentences() -> None:
    new = changed(("limit: 5", "limit: 6"), ("100.0", "500.0"), ('"seen"', '"b"'))
    told = briefly(differ(BASE, new, CATALOG, {}).changes)
    assert (told["words"].count(". "), told["more"], told["lowers"], len(told["all"])) == (1, 1, True, 3)
    nothing = briefly(differ(BASE, BASE, CATALOG, {}).changes)
    assert (nothing["words"], nothing["more"], nothing["all"]) == ("Nothing changed.", 0, [])


def test_runs_under_way_are_told_by_state_and_by_step_whatever_the_round() -> None:
    runs = InFlight({"waiting": 3, "queued": 1}, {"gate.consent": 1, "gate[2].consent": 2, "gone": 1})
    found: dict[str, Any] = in_flight(runs, dsl.parse(BASE))
    assert (found["count"], found["words"]) == (4, "3 waiting, 1 still to begin")
    assert found["waiting"] == [
        {"path": "gate.consent", "title": "Consent", "count": 3},
        {"path": "gone", "title": "gone", "count": 1},
    ]


def test_what_starts_it_besides_a_person_is_named() -> None:
    assert starts(dsl.parse(BASE)) == ['by the schedule "0 2 * * *" in Europe/Paris']


def test_a_text_that_cannot_be_read_is_still_compared() -> None:
    broken = BASE[:200]
    difference = differ(BASE, broken, CATALOG, {})
    assert not shown(difference)["same"]
    assert graph_of(difference.new, CATALOG)["nodes"]
