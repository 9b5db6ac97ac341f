"""Postgres addresses as the driver and SQLAlchemy want them."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit


def libpq_url(url: str) -> str:
    """``postgres://`` and SQLAlchemy's ``postgresql+driver://`` as plain ``postgresql://``."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme.partition("+")[0] in ("postgres", "postgresql"):
        return f"postgresql://{rest}"
    return url


def sqlalchemy_url(url: str) -> str:
    return libpq_url(url).replace("postgresql://", "postgresql+psycopg://", 1)


def with_login(url: str, user: str, password: str) -> str:
    """The same server and database, somebody else signing in."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{place}"))
