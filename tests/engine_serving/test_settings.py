"""Settings of the application: what they mean, and what is said about nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.serving.settings import Scaling, ServingSettings, settled, told
from engine.settings import BadSettings


def test_without_any_setting_there_are_one_to_five_runners() -> None:
    assert ServingSettings.from_environment({}) == ServingSettings(Scaling(1, 5, 500, 100, 20.0), 60.0)


def test_every_setting_is_taken() -> None:
    environment = {
        "WEFT_RUNNERS_MIN": "2",
        "WEFT_RUNNERS_MAX": "9",
        "WEFT_RUNNERS_UP": "50",
        "WEFT_RUNNERS_DOWN": "0",
        "WEFT_RUNNERS_DOWN_DELAY_S": "2.5",
        "WEFT_RUNNER_DRAIN_S": "5",
    }
    assert ServingSettings.from_environment(environment) == ServingSettings(Scaling(2, 9, 50, 0, 2.5), 5.0)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"WEFT_RUNNERS_MIN": "0"}, "WEFT_RUNNERS_MIN is '0'"),
        ({"WEFT_RUNNERS_MIN": "many"}, "WEFT_RUNNERS_MIN is 'many'"),
        ({"WEFT_RUNNERS_MAX": "-1"}, "WEFT_RUNNERS_MAX is '-1'"),
        ({"WEFT_RUNNERS_MAX": "1e3"}, "WEFT_RUNNERS_MAX is '1e3'"),
        ({"WEFT_RUNNERS_MAX": "5000"}, "WEFT_RUNNERS_MAX is '5000'"),
        ({"WEFT_RUNNERS_MIN": "6"}, "more than WEFT_RUNNERS_MAX, 5"),
        ({"WEFT_RUNNERS_UP": "100"}, "not less than WEFT_RUNNERS_UP, 100"),
        ({"WEFT_RUNNERS_DOWN": "٣"}, "WEFT_RUNNERS_DOWN is '٣'"),
        ({"WEFT_RUNNERS_DOWN_DELAY_S": "nan"}, "WEFT_RUNNERS_DOWN_DELAY_S is 'nan'"),
        ({"WEFT_RUNNER_DRAIN_S": "0"}, "WEFT_RUNNER_DRAIN_S is '0'"),
    ],
)
def test_nonsense_is_refused_and_named(environment: dict[str, str], says: str) -> None:
    with pytest.raises(BadSettings) as refused:
        ServingSettings.from_environment(environment)
    assert says in refused.value.message and refused.value.help


def test_the_file_wins_over_the_environment(tmp_path: Path) -> None:
    assert settled({"WEFT_RUNNERS_MAX": "3"}, tmp_path) == {"WEFT_RUNNERS_MAX": "3"}, "no file, no change"
    tmp_path.joinpath("engine.env").write_text("# more\n\nWEFT_RUNNERS_MAX = 8\nWEFT_MODEL_KEY=a=b c\n")
    given = {"WEFT_RUNNERS_MAX": "3", "PATH": "/bin"}
    assert settled(given, tmp_path) == {"WEFT_RUNNERS_MAX": "8", "WEFT_MODEL_KEY": "a=b c", "PATH": "/bin"}


@pytest.mark.parametrize(
    "line", ["PATH=/elsewhere", "WEFT_MODEL_KEY sk-secret", "weft_x=1", "export WEFT_X=1"]
)
def test_a_line_that_is_no_setting_is_refused_without_quoting_it(tmp_path: Path, line: str) -> None:
    tmp_path.joinpath("engine.env").write_text(f"WEFT_X=1\n{line}\n")
    with pytest.raises(BadSettings) as refused:
        settled({}, tmp_path)
    assert refused.value.message.startswith("Line 2 of") and line not in refused.value.message


def test_replicas_are_told_settings_and_nothing_else() -> None:
    environment = {
        "WEFT_APP_URL": "a",
        "WEFT_OWNER_URL": "o",
        "DATABASE_URL": "d",
        "AWS_SECRET": "s",
        "PATH": "p",
    }
    assert told(environment) == {"WEFT_APP_URL": "a"}
