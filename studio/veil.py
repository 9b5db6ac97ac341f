"""The session cookie on its way through the page framework: encrypted, because the framework logs and keeps headers.

An event that the framework does not know is logged whole, with the headers of its socket. So the socket's Cookie
header is taken away before the framework sees it, and in its place stands the session's cookie alone, encrypted under
a key that lives as long as this process. Only the guard opens it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

SECURE: Final = "__Host-weft_session"
PLAIN: Final = "weft_session"

_KEY: Final = OctKey.generate_key(256, private=True)
_MARK: Final = "veiled."
_KEPT_BACK: Final = frozenset({b"cookie", b"authorization", b"proxy-authorization"})

Headers = Iterable[tuple[bytes, bytes]]


def cookie_name(origins: tuple[str, ...]) -> str:
    """The only cookie that counts. Where all is https it is the one that no other host of the domain can set."""
    return SECURE if all(origin.startswith("https://") for origin in origins) else PLAIN


def veiled(headers: Headers, name: str) -> list[tuple[bytes, bytes]]:
    """A socket's headers without credentials, but for the cookie `name`, encrypted."""
    headers = [(bytes(key), bytes(value)) for key, value in headers]
    kept = [(key, value) for key, value in headers if key.lower() not in _KEPT_BACK]
    sent = "; ".join(value.decode("latin-1") for key, value in headers if key.lower() == b"cookie")
    token = _cookie(sent, name)
    if token:
        sealed = jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, token.encode(), _KEY)
        kept.append((b"cookie", f"{name}={_MARK}{sealed}".encode()))
    return kept


def session_token(cookie_header: str) -> str:
    """The session's token in a Cookie header, veiled or not, or ""."""
    value = _cookie(cookie_header, SECURE) or _cookie(cookie_header, PLAIN)
    if not value.startswith(_MARK):
        return value
    try:
        opened = jwe.decrypt_compact(value.removeprefix(_MARK), _KEY, algorithms=["dir", "A256GCM"])
    except (JoseError, ValueError):
        return ""
    return (opened.plaintext or b"").decode()


def _cookie(header: str, name: str) -> str:
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""
