"""Two runs of one workflow beside each other."""

from __future__ import annotations

from engine.history import RunView, StepRun
from studio.runs.compared import changes, compared


def step(path: str, at: float = 0.0, took: float = 0.01, state: str = "succeeded", **more: object) -> StepRun:
    return StepRun(path, state, at, finished_at=at + took, **more)  # type: ignore[arg-type]


def view(*steps: StepRun) -> RunView:
    return RunView("succeeded", steps)


def test_steps_are_aligned_by_their_path_and_say_what_differs() -> None:
    one = view(
        step("order", input={"id": "A-1"}, output={"total": 5}),
        step("check", 1, output=True),
        step("each[0].pay", 2, took=1.5),
        step("tell", 4),
    )
    other = view(
        step("order", input={"id": "A-2"}, output={"total": 5}),
        step("check", 1, state="failed", error={"code": "timeout", "message": "too late"}),
        step("each[0].pay", 2, took=0.1),
        step("escalate", 3),
    )
    rows = compared(one, other, {})
    assert [(row["path"], row["differs"]) for row in rows] == [
        ("order", ["input"]),
        ("check", ["outcome"]),
        ("each[0].pay", ["duration"]),
        ("escalate", ["only"]),
        ("tell", ["only"]),
    ]
    assert rows[0]["changes"] == [{"where": "input.id", "left": '"A-1"', "right": '"A-2"'}]
    assert rows[1]["right"]["words"] == "failed: too late"
    assert (rows[3]["left"], rows[4]["right"]) == ({}, {})


def test_a_run_does_not_differ_from_itself() -> None:
    same = view(*(step(f"s{n}", n, input={"n": n}) for n in range(50)))
    assert [row for row in compared(same, same, {}) if row["differs"]] == []


def test_of_very_many_steps_those_that_differ_are_told() -> None:
    one = view(*(step(f"s{n}", n) for n in range(1_000)))
    other = view(*(step(f"s{n}", n, output=1 if n == 900 else None) for n in range(1_000)))
    assert [row["path"] for row in compared(one, other, {})] == ["s900"]


def test_a_secret_is_not_told_as_a_difference() -> None:
    assert changes({"password": "one"}, {"password": "other"}) == []
    assert changes({"a": [1, 2]}, {"a": [1, 3]}) == [{"where": "a[1]", "left": "2", "right": "3"}]
