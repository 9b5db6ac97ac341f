"""The ``weft`` command: reads the words, hands over to one module a command, and turns failures into sentences.

Exit codes: 0 done, 1 errors were found or the run failed, 2 wrong usage or something is missing, 3 waiting for a
person.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys
import traceback

from deploy.failure import Failure, tell
from deploy.home import Home, open_private

_DEFAULT_PORT = 3000


def _port(word: str) -> int:
    if not word.isdigit() or not 0 < int(word) < 65536:
        raise argparse.ArgumentTypeError(f"{word!r} is not a port, a number from 1 to 65535")
    return int(word)


def _count(word: str) -> int:
    if not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1 on")
    return int(word)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="weft", description="Weft Studio: describe a workflow, see it, prove it, publish it, watch it."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(name: str, help: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help, description=help)

    up = add("up", "start the studio, its database and its engine; Ctrl-C stops all of it")
    up.add_argument("--port", type=_port, default=os.environ.get("WEFT_STUDIO_PORT") or _DEFAULT_PORT)
    up.add_argument(
        "--no-engine", action="store_true", help="start without Ray; runs queue until there is an engine"
    )

    redeploy = add(
        "redeploy", "bring new code or settings into the engine that runs; runs and requests go on"
    )
    redeploy.add_argument(
        "--timeout", type=float, default=180, metavar="SECONDS", help="how long to wait (180)"
    )

    check = add("check", "check workflow files: exit 0 clean or warnings, 1 errors, 2 usage")
    check.add_argument("files", nargs="+", metavar="FILE", help="a .weft file, or - for standard input")
    check.add_argument("--json", action="store_true", help="print a JSON list of diagnostics")
    check.add_argument(
        "--notes",
        action="store_true",
        help="also say how long a run can take in the worst case, and its cost",
    )
    check.add_argument("--catalog", metavar="FILE.json", help="the connectors to check against")

    check.add_argument(
        "--against", metavar="OLD", help="also say what breaks for those who use this older text"
    )
    check.add_argument(
        "--waiting",
        action="append",
        default=[],
        metavar="PATH",
        help="with --against: a step of the older text where runs wait now; may be repeated; '*': wherever they can",
    )

    diff = add("diff", "what differs between two workflows in meaning: exit 0 nothing, 1 something, 2 usage")
    diff.add_argument("old", metavar="OLD")
    diff.add_argument("new", metavar="NEW")
    diff.add_argument("--json", action="store_true", help="print one JSON object")
    diff.add_argument("--catalog", metavar="FILE.json", help="the connectors to judge effects by")

    fmt = add("fmt", "format workflow files in place")
    fmt.add_argument("files", nargs="+", metavar="FILE")
    fmt.add_argument("--check", action="store_true", help="change nothing; exit 1 when a file would change")

    fuzz = add("fuzz", "try texts nobody would write on everything that reads a text; exit 1 with a finding")
    fuzz.add_argument("--minutes", type=float, default=1, help="how long to try (1)")
    fuzz.add_argument("--seed", type=int, default=1, help="the first round's seed")
    fuzz.add_argument("--json", action="store_true", help="print one JSON object last")

    graph = add("graph", "print the graph of a workflow")
    graph.add_argument("file", metavar="FILE")
    graph.add_argument("--format", choices=("json", "mermaid", "svg"), default="json")
    graph.add_argument("--catalog", metavar="FILE.json", help="the connectors to check against")

    lsp = add("lsp", "the language server for editors, on standard input and output; editors start it")
    lsp.add_argument("--catalog", metavar="FILE.json", help="the connectors to check against")
    lsp.add_argument("--stdio", action="store_true", help="nothing else is offered; for editors that say so")

    run = add(
        "run", "publish a workflow to the local engine and run it; events are JSON lines, the result is last"
    )
    run.add_argument("file", metavar="FILE")
    run.add_argument("--input", default=None, metavar="JSON", help="the run's input, a JSON object")
    run.add_argument(
        "--simulate",
        action="store_true",
        help="list every way a run can go, without an engine and without any effect",
    )
    run.add_argument("--mocks", metavar="FILE.json", help="with --simulate: results by step")
    run.add_argument("--catalog", metavar="FILE.json", help="with --simulate: the connectors")
    run.add_argument(
        "--approve",
        action="append",
        default=[],
        metavar="STEP=yes/no",
        help="answer an approval; may be repeated",
    )
    run.add_argument(
        "--timeout", type=float, default=120, metavar="SECONDS", help="how long to wait for the run"
    )

    publish = add("publish", "publish a workflow file as a new version in the local workspace")
    publish.add_argument("file", metavar="FILE")
    publish.add_argument("--message", default="", help="what changed, for the history")

    model = add(
        "model", "list the language models that the environment connects; --probe finds what they can"
    )
    model.add_argument(
        "--probe", action="store_true", help="ask each some tiny questions; exit 1 without an answer"
    )
    model.add_argument("--json", action="store_true", help="print a JSON list")

    gallery = add("gallery", "take pictures of every page, light and dark, of an installation of its own")
    gallery.add_argument("--to", default="gallery", metavar="FOLDER", help="where they go (gallery)")
    gallery.add_argument("--only", default="", metavar="NAME", help="one place, such as editor")

    docs = add("docs", "make docs/diagnostics.md and the editors' highlighting from the language")
    docs.add_argument("--check", action="store_true", help="change nothing; exit 1 when one would change")

    doctor = add("doctor", "look at this installation: what is there, what runs, what is wrong")
    doctor.add_argument("--reset-login", action="store_true", help="make a new password for the first login")
    doctor.add_argument(
        "--memory", action="store_true", help="print the memory of everything that runs, as JSON"
    )

    test = add("test", "run the whole test suite; further words go to pytest")
    test.add_argument(
        "--deep",
        nargs="?",
        type=_count,
        const=10_000,
        metavar="N",
        help="run the properties alone, each on N random programs (10000)",
    )
    test.add_argument("rest", nargs=argparse.REMAINDER)

    chaos = add(
        "chaos",
        "break an installation of its own while runs go on, and prove that nothing was lost; exit 1 with a violation",
    )
    chaos.add_argument("--seed", type=int, default=1, help="what is broken, when and where")
    chaos.add_argument("--minutes", type=float, help="for how long (2, without --runs)")
    chaos.add_argument("--runs", type=_count, metavar="N", help="until so many runs were accepted")
    chaos.add_argument("--json", action="store_true", help="print one JSON object last")
    chaos.add_argument(
        "--keep", action="store_true", help="keep the database, the logs and what was witnessed"
    )
    chaos.add_argument(
        "--stack", action="store_true", help="the whole of ./weft up with Ray Serve, whose parts are killed"
    )
    chaos.add_argument(
        "--unfenced", action="store_true", help="the control: runners without their fence, which must fail"
    )

    evaluate = add(
        "eval", "ask a designer a suite of requests and judge its answers; exit 1 with an unsound one"
    )
    evaluate.add_argument("--suite", metavar="FILE.jsonl", help="a suite of your own (the built-in one)")
    evaluate.add_argument(
        "--split", choices=("dev", "more", "test", "all"), help="of the built-in suite (dev)"
    )
    evaluate.add_argument(
        "--provider", choices=("builtin", "model"), help="the rules, or the model of WEFT_MODEL_URL (builtin)"
    )
    evaluate.add_argument("--kind", metavar="KIND", help="cases of one kind")
    evaluate.add_argument("--only", metavar="ID", help="one case")
    evaluate.add_argument("--jobs", type=_count, metavar="N", help="cases at once (builtin 1, model 4)")
    evaluate.add_argument("--least", type=float, metavar="PERCENT", help="exit 1 when fewer pass")
    evaluate.add_argument("--failures", action="store_true", help="say which did not pass, and why")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object last")

    bench = add("bench", "measure; --json prints one object last")
    bench.add_argument(
        "name",
        choices=(
            "chat",
            "dsl",
            "engine",
            "history",
            "operate",
            "queue",
            "poison",
            "stack",
            "startup",
            "studio",
            "triggers",
            "watch",
        ),
    )
    bench.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    options = _parser().parse_args(words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name may hold what no encoding can
            stream.reconfigure(errors="backslashreplace")
    module = importlib.import_module(f"deploy.commands.{options.command}")
    try:
        return int(module.main(options))
    except Failure as failure:
        return tell([failure])
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("weft: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """A mistake of ours: a sentence for the person, the traceback in a file for whoever mends it."""
    try:
        log = Home.of(os.environ).logs / "crash.log"
        with open_private(log) as file:
            file.write("".join(traceback.format_exception(error)).encode())
    except (OSError, Failure):
        traceback.print_exception(error)
        return 2
    print(f"weft: something went wrong inside weft: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"      Nothing stored is lost. The details are in {str(log)!r}.", file=sys.stderr)
    return 2
