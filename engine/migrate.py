"""Making a database ready: the two service roles, the schema, and a check that both roles can sign in.

Only this module and the seeding of a workspace use the owner's URL. The passwords of the service roles are random
and live in one file in the installation's home, readable by its owner only.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from engine.errors import Unavailable
from engine.urls import libpq_url, with_login

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLES = ("weft_app", "weft_runner")
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x7765_6674
"""The advisory lock under which one process at a time prepares a database."""

NO_ADDRESS = (
    "DATABASE_URL is not a Postgres address.",
    "It looks like postgresql://user:password@host:5432/name.",
)

OLDEST = 150000
"""The oldest Postgres that is supported, as ``server_version_num``."""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where the services (``app``) and the runners (``runner``) sign in. Both hold a password: never print one."""

    app: str
    runner: str

    def __repr__(self) -> str:
        return "Urls(...)"


def prepare(admin_url: str, secrets_dir: Path) -> Urls:
    """Create the roles, migrate, and return the URLs of the services. Blocking; quick when there is nothing to do.

    ``admin_url`` names a role that owns the database (or may create in its schema ``public``) and may create roles;
    it need not be a superuser. ``secrets_dir`` keeps ``postgres-roles.json`` (0600). Raises ``Unavailable`` with what
    to do when the server, the password or a privilege is missing.
    """
    owner = libpq_url(admin_url)
    with _explained(owner), psycopg.connect(owner, connect_timeout=10, autocommit=True) as connection:
        if connection.info.server_version < OLDEST:
            raise Unavailable(
                f"Postgres {connection.info.server_version // 10000} is too old.",
                "Weft Studio needs Postgres 15 or newer.",
            )
        passwords = _passwords(secrets_dir)
        urls = Urls(*(with_login(owner, role, passwords[role]) for role in ROLES))
        if _version(connection) == head() and all(_signs_in(url) for url in (urls.app, urls.runner)):
            return urls
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        for role in ROLES:
            _create_role(connection, role, passwords[role])
        if _version(connection) != head():
            migrate(owner)
    return urls


def migrate(owner_url: str) -> None:
    """Apply what is missing, in one transaction. Alembic is imported here: a start with nothing to do is spared it."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    except DBAPIError as error:
        raise error.orig or error from None


def head() -> str:
    """The newest revision: migrations are numbered files."""
    return max(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _version(connection: psycopg.Connection) -> str | None:
    if connection.execute("SELECT to_regclass('public.alembic_version')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
    return None if row is None else str(row[0])


def _passwords(folder: Path) -> dict[str, str]:
    """The kept passwords; new ones when there are none. Of two processes at once both get those of the first."""
    path = folder / "postgres-roles.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = {role: secrets.token_urlsafe(32) for role in ROLES}
        descriptor, scratch = tempfile.mkstemp(dir=folder, prefix="postgres-roles.")  # 0600
        with os.fdopen(descriptor, "w") as file:
            json.dump(fresh, file)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(scratch, path)
        os.unlink(scratch)
    try:
        kept = json.loads(path.read_text())
        return {role: str(kept[role]) for role in ROLES}
    except (ValueError, KeyError, TypeError):
        raise Unavailable(
            f"The file {str(path)!r}, with the passwords of the database's roles, is damaged.",
            "Delete it: new passwords are made at the next start.",
        ) from None


def _signs_in(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_role(connection: psycopg.Connection, role: str, password: str) -> None:
    # What libpq makes of the password: the server gets to see, and may log, nothing that one could sign in with.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    name, secret = sql.Identifier(role), sql.Literal(verifier.decode())
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        try:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}").format(name, secret)
            )
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            pass  # another database of this server is being prepared at the same moment
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if row is not None and row[0]:
        raise Unavailable(
            f"The role {role!r} is a superuser or bypasses row-level security.",
            f"Run ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS as a superuser, then start again.",
        )
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, secret))
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(connection.info.dbname), name)
    )


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Postgres' errors as sentences about what to do. The URL's password never gets into them."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unavailable(
            f"The database role may not do what is needed: {error.diag.message_primary or 'no privilege'}.",
            "DATABASE_URL needs a role with CREATEROLE that owns the database: "
            "ALTER ROLE name CREATEROLE; ALTER DATABASE name OWNER TO name.",
        ) from None
    except psycopg.ProgrammingError as error:
        if isinstance(error, psycopg.errors.Error) and error.sqlstate is not None:
            raise
        raise Unavailable(
            "DATABASE_URL is not a Postgres address.",
            "It looks like postgresql://user:password@host:5432/name.",
        ) from None
    except psycopg.OperationalError as error:
        raise Unavailable(*_connection_problem(str(error), url)) from None


def _connection_problem(text: str, url: str) -> tuple[str, str]:
    if "connection option" in text:
        return NO_ADDRESS
    parts = conninfo_to_dict(url)
    where = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}"
    user, name = parts.get("user", ""), parts.get("dbname", "")
    if "password authentication failed" in text or "no password supplied" in text:
        return (
            f"Postgres at {where} refused the password of {user!r}.",
            "Correct the user or password in DATABASE_URL.",
        )
    if "does not exist" in text and "database" in text:
        return (
            f"There is no database {name!r} at {where}.",
            f"Create it (createdb {name}) or correct DATABASE_URL.",
        )
    if "does not exist" in text or "no pg_hba.conf entry" in text:
        return (
            f"Postgres at {where} does not let {user!r} in.",
            "Correct the user in DATABASE_URL, or pg_hba.conf.",
        )
    if "name or service not known" in text.lower() or "resolve" in text:
        return f"The host of {where} is not known.", "Correct the host in DATABASE_URL."
    return (
        f"No Postgres answers at {where}.",
        "Start it, or correct DATABASE_URL; without DATABASE_URL an embedded Postgres is used.",
    )
