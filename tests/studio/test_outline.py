"""A run's steps as lines: what is seen of loops of any size, what a change sends, and what is veiled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.finding.terms import is_secret_name
from engine.history import Fold, StepRun
from engine.journal import Event
from studio.runs.outline import MOST_LINES, WINDOW, Look, Outline
from studio.runs.patching import Patches
from studio.runs.telling import bounded, told, veiled

CANARY = "canary-8a1f-value"


def step(path: str, state: str = "succeeded", at: float = 0.0, **more: Any) -> StepRun:
    return StepRun(path, state, at, finished_at=None if state == "running" else at + 1, **more)  # type: ignore[arg-type]


def outline(*steps: StepRun) -> Outline:
    made = Outline({})
    for each in steps:
        made.put(each)
    return made


def seen(made: Outline, look: Look | None = None) -> list[str]:
    return [path for path, _ in made.lines(look or Look())]


def loop(rounds: int, failed: frozenset[int] = frozenset()) -> Outline:
    made = outline(
        *(step(f"each[{n}].pay", "failed" if n in failed else "succeeded", at=n) for n in range(rounds))
    )
    made.end()
    return made


def test_rounds_are_lines_of_their_own_with_the_state_and_times_of_what_is_in_them() -> None:
    made = outline(
        step("each[0].a", at=1), step("each[0].b", "running", at=2), step("each[1].a", "failed", at=3)
    )
    lines = dict(made.lines(Look({"each[0]": True})))
    assert list(lines) == ["each", "each[0]", "each[0].a", "each[0].b", "each[1]"]
    assert [lines[path]["state"] for path in ("each", "each[0]", "each[1]")] == [
        "running",
        "running",
        "failed",
    ]
    assert lines["each"]["started"] == "1970-01-01T00:00:01.000Z"
    assert (lines["each[1]"]["finished"], lines["each"]["finished"]) == ("1970-01-01T00:00:04.000Z", "")


def test_a_loop_of_ten_thousand_rounds_shows_a_window_of_them() -> None:
    made = loop(10_000, frozenset({17, 9_000}))
    assert seen(made) == ["each", *(f"each[{n}]" for n in range(WINDOW))]
    assert seen(made, Look(windows={"each": 9_990}))[1:] == [f"each[{n}]" for n in range(9_990, 10_000)]
    line = dict(made.lines(Look(failed=frozenset({"each"}))))["each"]["loop"]
    assert (line["all"], line["failed"], line["of"]) == (10_000, 2, 2)
    assert seen(made, Look(failed=frozenset({"each"}))) == ["each", "each[17]", "each[9000]"]


def test_a_loop_that_goes_on_shows_its_newest_rounds() -> None:
    made = outline(*(step(f"each[{n}].pay", at=n) for n in range(25)), step("each[25].pay", "running", at=25))
    assert seen(made)[1:] == [f"each[{n}]" for n in range(20, 26)]


def test_a_link_to_a_step_opens_all_that_hides_it() -> None:
    made = loop(10_000)
    look = made.reveal("each[4321].pay", Look(failed=frozenset({"each"})))
    assert "each[4321].pay" in seen(made, look)
    assert seen(made, made.reveal("nothing.there", Look())) == seen(made)


def test_no_more_lines_are_sent_than_a_page_can_show() -> None:
    made = outline(*(step(f"s{n}") for n in range(5_000)))
    assert len(made.lines(Look())) == MOST_LINES


def test_an_agents_turns_and_calls_are_under_its_step() -> None:
    made = outline(
        step("ask", "running"),
        step("ask~turn1", output={"cost_usd": 0.25}),
        step("ask~turn1.tool1", tool="shop.get_order"),
        step("ask~turn2", output={"cost_usd": 0.5}),
    )
    assert seen(made) == ["ask"]
    lines = dict(made.lines(Look({"ask": True, "ask~turn1": True})))
    assert [(line["label"], line["kind"]) for line in lines.values()] == [
        ("ask", "step"),
        ("Turn 1", "turn"),
        ("shop.get_order", "call"),
        ("Turn 2", "turn"),
    ]
    assert lines["ask"]["cost"] == 0.75
    assert made.marks == {"ask": "running"}


def test_the_graph_shows_of_several_rounds_the_state_that_matters_most() -> None:
    made = outline(step("each[0].a"), step("each[1].a", "failed"), step("each[2].a"))
    assert made.marks == {"each.a": "failed"}
    made.put(step("each[1].a", "running"))
    assert made.marks == {"each.a": "running"}
    assert made.latest("each.a") == "each[2].a"


def test_a_change_of_one_step_among_two_hundred_sends_little() -> None:
    made = outline(*(step(f"s{n}", "running" if n == 150 else "succeeded", at=n) for n in range(200)))
    sent = Patches()
    whole = sent.change(made.lines(Look()), marks=made.marks)
    assert whole is not None and len(json.dumps(whole)) > 50_000
    assert sent.change(made.lines(Look()), marks=made.marks) is None
    for n in (150, 151, 152):
        made.put(step(f"s{n}", "failed", at=n))
        patches = sent.change(made.lines(Look()), marks=made.marks)
        assert patches is not None and patches[-1]["order"] is None
        assert len(json.dumps(patches[-1])) < 700
    # The last few travel together, and the whole is not among them any more.
    assert patches is not None and len(json.dumps(patches)) < 2_100


def test_a_page_that_takes_the_patches_in_order_has_what_this_side_has() -> None:
    made, sent, rows, order = outline(), Patches(), {}, []
    seen_rev = 0
    for n in range(30):
        made.put(step(f"each[{n % 12}].s{n % 3}", "failed" if n % 5 == 0 else "succeeded", at=n))
        look = Look(opened={f"each[{n % 12}]": True})
        for patch in sent.change(made.lines(look), marks=made.marks) or ():
            if patch["rev"] <= seen_rev:
                continue
            seen_rev = patch["rev"]
            rows = {**({} if patch["whole"] else rows), **patch["rows"]}
            at, cut, put = patch["order"] or (0, 0, [])
            order = [*order[:at], *put, *order[at + cut :]] if not patch["whole"] else put
            rows = {key: row for key, row in rows.items() if key in order}
        assert (order, [rows[key] for key in order]) == (
            [path for path, _ in made.lines(look)],
            [line for _, line in made.lines(look)],
        )


def events(*told: tuple[str, str, dict[str, Any]]) -> list[Event]:
    return [Event(n, float(n), kind, path, data) for n, (kind, path, data) in enumerate(told, 1)]


def test_a_journal_folded_as_it_grows_is_as_one_folded_at_once() -> None:
    journal = events(
        ("run.accepted", "", {"input": {}}),
        ("run.claimed", "", {}),
        ("step.started", "a", {"args": {}, "tool": "t.x", "attempt": 1}),
        ("step.retrying", "a", {"attempt": 1, "error": {"message": "no", "code": "timeout"}, "delay_ms": 5}),
        ("step.succeeded", "a", {"result": 1, "ms": 2}),
        ("step.started", "b", {"args": {}}),
        ("run.cancelled", "", {}),
    )
    folded, changed = Fold(), []
    for event in journal:
        changed.append(sorted(folded.take(event)))
    assert changed == [[], [], ["a"], ["a"], ["a"], ["b"], ["b"]]
    assert (folded.steps["b"].state, folded.view.state) == ("cancelled", "cancelled")


@pytest.mark.parametrize(
    "value",
    [
        {"password": CANARY},
        {"config": {"api_key": CANARY, "deep": [{"Authorization": CANARY}]}},
        {"headers": {"X-Api-Key": CANARY, "cookie": CANARY}},
    ],
)
def test_what_stands_under_the_name_of_a_secret_is_not_shown(value: dict[str, Any]) -> None:
    journal = events(
        ("step.started", "a", {"args": value, "tool": "t.x", "attempt": 1}),
        ("step.succeeded", "a", {"result": {"echo": value}, "ms": 1}),
        (
            "step.succeeded",
            "a~turn1",
            {
                "result": {
                    "text": f"The key is sk-{CANARY.replace('-', '')}abcdefghijkl",
                    "uses": [{"id": "1", "name": "t__x", "arguments": json.dumps(value)}],
                    "model": "m",
                    "tokens_in": 7,
                    "tokens_out": 8,
                    "cost_usd": 0.01,
                }
            },
        ),
        ("step.succeeded", "a~turn1.tool1", {"result": value, "ms": 1, "tool": "t.x"}),
    )
    shown = told(journal, "a", "run")
    text = json.dumps(shown)
    assert CANARY not in text and CANARY.replace("-", "") not in text
    assert shown["spent"] == "1 turn, 15 tokens, $0.01"
    assert shown["turns"][0]["uses"][0]["name"] == "t.x"
    assert CANARY in json.dumps(value)  # the control: it was there


def test_a_count_of_tokens_is_no_secret_and_a_large_value_is_shown_in_part() -> None:
    assert veiled({"tokens_in": 7, "token": "abc"}) == {"tokens_in": 7, "token": "•••"}
    assert is_secret_name("tokens_in")
    assert veiled({"cardPin": 1234, "shipping": 5}) == {"cardPin": "•••", "shipping": 5}
    assert bounded({"a": 1}) == {"a": 1}
    assert len(bounded("x" * 300_000)) < 61_000
