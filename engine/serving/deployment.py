"""Putting the application on a cluster, for the first time or over the one that is there.

``python -m engine.serving.deployment`` does it in a process of its own, on the cluster that ``RAY_ADDRESS`` names. The
host starts one for a redeploy, since it has the code of its own start in memory and would deploy that.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from engine.errors import WeftError
from engine.serving.settings import ServingSettings, settled, told


def home_of(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("WEFT_HOME") or Path(__file__).resolve().parents[2] / ".weft")


def deploy(environment: Mapping[str, str]) -> None:
    """Ray is connected. Returns once every replica is new and serves. Raises ``BadSettings``, and ``RuntimeError`` when
    the new replicas do not start: then the old ones stay."""
    from ray import serve

    from engine.serving.application import APPLICATION, application

    settings = settled(environment, home_of(environment))
    what = application(ServingSettings.from_environment(settings), told(settings))
    serve.run(what, name=APPLICATION, route_prefix="/", blocking=False)


def connect(address: str) -> None:
    """Become a driver of a cluster that runs. Raises ``ConnectionError``."""
    import ray

    ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)


def main() -> int:
    """The last line says how it went: ``{"state": "deployed"}`` or ``{"state": "failed", "message", "help"}``."""
    try:
        connect(os.environ["RAY_ADDRESS"])
        deploy(os.environ)
    except WeftError as error:
        print(json.dumps({"state": "failed", "message": error.message, "help": error.help}), flush=True)
        return 1
    except Exception as error:
        logging.getLogger(__name__).exception("the application was not deployed")
        print(
            json.dumps({"state": "failed", "message": f"{type(error).__name__}: {error}", "help": ""}),
            flush=True,
        )
        return 1
    print(json.dumps({"state": "deployed"}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
