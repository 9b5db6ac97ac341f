"""Files and environments of an installation: what others on the machine, and other people's code, can get at."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from deploy import local
from deploy.children import Child
from deploy.failure import Failure
from deploy.home import Home, open_private, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    earlier = os.umask(0o022)  # a generous one, as most machines have it
    try:
        return Home.of({"WEFT_HOME": str(tmp_path / "home")})
    finally:
        os.umask(earlier)


def test_logs_samples_and_secrets_are_the_owners_alone(home: Home) -> None:
    assert mode(home.logs) == mode(home.samples) == 0o700
    home.write_record({"up": 1})
    assert mode(home.record) == mode(home.key_file()) == 0o600
    child = Child("one", [sys.executable, "-c", "print('hello')"], dict(os.environ), home.logs / "one.log")
    child.start()
    assert child.process is not None
    child.process.wait(20)
    assert mode(child.log) == 0o600 and child.log.read_text() == "hello\n"


def test_folders_that_an_earlier_start_left_readable_are_closed(tmp_path: Path) -> None:
    for name in ("logs", "samples"):
        (tmp_path / name).mkdir(mode=0o755)
    home = Home.of({"WEFT_HOME": str(tmp_path)})
    assert mode(home.logs) == mode(home.samples) == 0o700


def test_a_secret_does_not_go_where_a_prepared_link_points(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("key.partial", "key"):
        (tmp_path / name).symlink_to(victim)
    write_private(tmp_path / "key", "secret")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "key").is_symlink() and mode(tmp_path / "key") == 0o600


def test_a_secret_does_not_land_in_a_file_that_somebody_prepared(tmp_path: Path) -> None:
    theirs = (tmp_path / "key.partial").open("w+")
    (tmp_path / "key.partial").chmod(0o666)
    write_private(tmp_path / "key", "secret")
    assert theirs.read() == ""
    assert [path.name for path in tmp_path.iterdir() if "key" in path.name and path.name[0] == "."] == []


def test_a_log_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError):
        open_private(tmp_path / "log")
    assert not (tmp_path / "victim").exists()


def test_a_home_that_everybody_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(Failure, match="Everybody"):
        Home.of({"WEFT_HOME": str(tmp_path)})
    tmp_path.chmod(0o755)
    Home.of({"WEFT_HOME": str(tmp_path)})


def test_other_peoples_code_gets_none_of_our_secrets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = (
        "DATABASE_URL",
        "WEFT_MODEL_KEY",
        "WEFT_CONNECTOR_CRM",
        "WEFT_OIDC_CLIENT_SECRET",
        "WEFT_APP_URL",
    )
    for name in secrets:
        monkeypatch.setenv(name, "canary")
    assert "canary" not in local.without_secrets(os.environ).values()
    assert "PATH" in local.without_secrets(os.environ)
    assert "canary" not in local.samples_child(home, 1, dict(os.environ)).environment.values()
