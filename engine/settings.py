"""Settings, read once from the environment. Secrets are kept from printing."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import WeftError


class BadSettings(WeftError):
    """The environment asks for something impossible or unsafe: refuse to start."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """An identity provider. People are matched by verified e-mail to accounts that exist."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``origins``: browser origins that may change state with a cookie, exact. ``key``: 32 bytes, the root of all
    keys; ``derived`` gives one a purpose. The owner's database URL is not here: services never get it."""

    home: Path
    app_url: str = field(repr=False)
    runner_url: str = field(repr=False)
    studio_port: int
    gateway_port: int
    samples_url: str
    origins: tuple[str, ...]
    key: bytes = field(repr=False)
    oidc: Oidc | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        studio_port = _port(environment, "WEFT_STUDIO_PORT", 3000)
        default_origins = f"http://localhost:{studio_port},http://127.0.0.1:{studio_port}"
        origins = _origins(environment.get("WEFT_ORIGINS") or default_origins)
        home = Path(environment.get("WEFT_HOME") or Path(__file__).resolve().parent.parent / ".weft")
        return cls(
            home=home,
            app_url=_needed(environment, "WEFT_APP_URL"),
            runner_url=environment.get("WEFT_RUNNER_URL", ""),
            studio_port=studio_port,
            gateway_port=_port(environment, "WEFT_GATEWAY_PORT", 8000),
            samples_url=environment.get("WEFT_SAMPLES_URL", "").rstrip("/"),
            origins=origins,
            key=_key(Path(environment.get("WEFT_KEY_FILE") or home / "key")),
            oidc=_oidc(environment, origins),
        )

    @property
    def https(self) -> bool:
        """Whether browsers come over https: cookies are then Secure and carry the ``__Host-`` prefix."""
        return all(origin.startswith("https://") for origin in self.origins)

    def derived(self, purpose: str) -> bytes:
        """32 bytes for one purpose, so that no two uses share a key."""
        return _derived(self.key, purpose)


def key_at(path: Path, purpose: str) -> bytes:
    """As ``Settings.derived``, for a process that needs no more of the settings. Raises ``BadSettings``."""
    return _derived(_key(path), purpose)


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise BadSettings(f"{name} is not set.", "Start with ./weft up, or set it to the database's address.")
    return value


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise BadSettings(f"{name} is {value!r}, not a port.", "Give a number between 1 and 65535.")
    return int(value)


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    for origin in origins:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or "*" in origin or "/" in host:
            raise BadSettings(
                f"WEFT_ORIGINS holds {origin!r}, which is not an exact origin.",
                "List origins like https://weft.example.com, separated by commas; wildcards are refused.",
            )
    return origins


def _key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        raise BadSettings(
            f"The key file {str(path)!r} is missing or does not hold 32 bytes in hex.",
            "Restore it from a backup; ./weft up makes one for a new installation.",
        )
    return key


def _oidc(environment: Mapping[str, str], origins: tuple[str, ...]) -> Oidc | None:
    issuer = environment.get("WEFT_OIDC_ISSUER", "").rstrip("/")
    if not issuer:
        return None
    return Oidc(
        issuer=issuer,
        client_id=_needed(environment, "WEFT_OIDC_CLIENT_ID"),
        client_secret=environment.get("WEFT_OIDC_CLIENT_SECRET", ""),
        redirect_url=environment.get("WEFT_OIDC_REDIRECT_URL") or f"{origins[0]}/api/oidc/callback",
    )
