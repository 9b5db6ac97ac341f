"""``weft publish``: a file becomes the live version of the workflow it names, in the local workspace."""

from __future__ import annotations

import argparse
import asyncio
import os

from deploy.desk import engine_here
from deploy.failure import Failure
from deploy.home import Home
from deploy.publishing import NotPublishable, publish_file
from deploy.texts import read_text
from deploy.workspace import at_the_desk
from engine.errors import WeftError


def main(options: argparse.Namespace) -> int:
    return asyncio.run(_publish(options.file, options.message))


async def _publish(file: str, message: str) -> int:
    text = read_text(file)
    try:
        async with engine_here(Home.of(os.environ)) as databases, at_the_desk(databases) as (db, actor):
            version = await publish_file(db, actor, file, text, message)
    except NotPublishable:
        return 1
    except WeftError as error:
        raise Failure(error.message, error.help) from None
    print(f"{version.plan.workflow}: version {version.number} is live ({version.content_hash[:12]})")
    return 0
