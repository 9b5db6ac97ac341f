"""What is told of a start or a stop holds neither up."""

from __future__ import annotations

import contextlib
import os

from deploy.console import Console


def test_a_stop_goes_on_when_whoever_read_its_lines_is_gone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = False
    stream = os.fdopen(writing, "w")
    console = Console(stream)
    console.say("Stopping…")
    with console.stage("Stopping the engine", "Engine stopped"):
        done = True
    assert done
    # What could not be written is tried once more.
    with contextlib.suppress(BrokenPipeError):
        stream.close()


def test_a_line_is_told_at_once() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        Console(stream).say("Stopping…")
        assert os.read(reading, 100).decode() == "Stopping…\n"
    os.close(reading)
