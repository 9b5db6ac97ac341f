"""Settings from the environment: what is refused, and that secrets do not print."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.settings import BadSettings, Settings


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "key").write_text("ab" * 32)
    return {
        "WEFT_HOME": str(tmp_path),
        "WEFT_APP_URL": "postgresql://weft_app:hunter2@127.0.0.1/weft",
        "WEFT_KEY_FILE": str(tmp_path / "key"),
        "WEFT_OIDC_ISSUER": "https://id.example.com/",
        "WEFT_OIDC_CLIENT_ID": "weft",
        "WEFT_OIDC_CLIENT_SECRET": "hunter3",
    }


def test_everything_else_has_a_default(environment: dict[str, str]):
    settings = Settings.from_environment(environment)
    assert settings.origins == ("http://localhost:3000", "http://127.0.0.1:3000")
    assert (settings.studio_port, settings.gateway_port, settings.https) == (3000, 8000, False)
    assert settings.oidc is not None and settings.oidc.issuer == "https://id.example.com"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"WEFT_ORIGINS": "*"}, "not an exact origin"),
        ({"WEFT_ORIGINS": "https://*.example.com"}, "not an exact origin"),
        ({"WEFT_ORIGINS": "https://weft.example.com/path"}, "not an exact origin"),
        ({"WEFT_ORIGINS": "weft.example.com"}, "not an exact origin"),
        ({"WEFT_APP_URL": ""}, "WEFT_APP_URL is not set"),
        ({"WEFT_STUDIO_PORT": "many"}, "not a port"),
        ({"WEFT_STUDIO_PORT": "70000"}, "not a port"),
        ({"WEFT_KEY_FILE": "/nowhere/key"}, "key file"),
        ({"WEFT_OIDC_CLIENT_ID": ""}, "WEFT_OIDC_CLIENT_ID is not set"),
    ],
)
def test_an_unsafe_or_impossible_setting_is_refused_by_name(
    environment: dict[str, str], change: dict[str, str], said: str
):
    with pytest.raises(BadSettings, match=said):
        Settings.from_environment(environment | change)


def test_a_key_file_with_something_else_is_refused(environment: dict[str, str]):
    Path(environment["WEFT_KEY_FILE"]).write_text("not hex")
    with pytest.raises(BadSettings, match="32 bytes"):
        Settings.from_environment(environment)


def test_settings_print_no_secret(environment: dict[str, str]):
    printed = repr(Settings.from_environment(environment))
    assert not any(secret in printed for secret in ("hunter2", "hunter3", "abab", "\\xab"))


def test_each_purpose_has_a_key_of_its_own(environment: dict[str, str]):
    settings = Settings.from_environment(environment)
    assert len({settings.derived("a"), settings.derived("b"), settings.key}) == 3


def test_cookies_are_secure_only_when_every_origin_is(environment: dict[str, str]):
    origins = "https://weft.example.com,https://weft.example.org"
    assert Settings.from_environment(environment | {"WEFT_ORIGINS": origins}).https
    assert not Settings.from_environment(
        environment | {"WEFT_ORIGINS": f"{origins},http://localhost:3000"}
    ).https
