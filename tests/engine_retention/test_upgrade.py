"""What was there before the marks is in the sums from the upgrade on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from engine.database import prepare
from engine.migrate import MIGRATIONS
from tests.engine_retention.past import Past
from tests.engine_retention.test_totals import BY_HOUR, ENDS, PLAIN_BY_HOUR, plain


def test_runs_and_calls_of_before_are_counted_once(owner_url: str, tmp_path: Path):
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for role in ("weft_app", "weft_runner"):
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                connection.execute(f"CREATE ROLE {role} LOGIN")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        connection.commit()
    engine.dispose()
    past = Past.lay(owner_url)
    for days in (200, 3, 2.9):
        for state in (*ENDS, "running", "waiting"):
            past.run(days, state)
    prepare(owner_url, tmp_path)
    past.run(1)
    assert past.totals() == plain(past)
    past.ground.query("SELECT weft_roll_up(1000)")
    assert Counter(past.ground.query(BY_HOUR)) == Counter(past.ground.query(PLAIN_BY_HOUR))
