"""Tables, roles and the sample workspace, brought up to date in a process of its own.

The supervisor lives as long as the installation does and would otherwise keep the services' whole memory for a second
of work. Standard output is one JSON object: what :class:`Prepared` holds, or ``{"failure", "help"}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from deploy.failure import Failure
from deploy.home import ROOT, Home, write_private


@dataclass(frozen=True, slots=True)
class Prepared:
    """The roles' URLs, and the first login's password when it was made now."""

    app_url: str
    runner_url: str
    password: str | None


def prepare(environment: Mapping[str, str]) -> Prepared:
    """Run this module on an environment that names the database (``DATABASE_URL``) and the sample connectors."""
    done = subprocess.run(
        [sys.executable, "-m", "deploy.setup"],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        log = Home.of(environment).logs / "setup.log"
        write_private(log, done.stderr)
        raise Failure(
            f"The workspace could not be prepared: {last}", f"The details are in {str(log)!r}."
        ) from None
    if "failure" in answer:
        raise Failure(answer["failure"], answer["help"])
    return Prepared(**answer)


def main() -> None:
    from deploy import local
    from deploy.workspace import prepare_workspace

    home = Home.of(os.environ)
    try:
        databases = local.connect(home, os.environ["DATABASE_URL"], embedded=None)
        password = asyncio.run(prepare_workspace(databases, home, os.environ["WEFT_SAMPLES_URL"]))
        print(json.dumps(asdict(Prepared(databases.app, databases.runner, password))))
    except Failure as failure:
        print(json.dumps({"failure": failure.message, "help": failure.help}))


if __name__ == "__main__":
    main()
