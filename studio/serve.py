"""Serves the built page, its socket and the HTTP API on one port: `python -m studio.serve [--host H] [--port P]`.

Needs a finished build (`python -m studio.build`) and no Node. One worker: page state lives in this process's memory,
and everything that must last is in Postgres. SIGTERM and Ctrl-C stop it at once.
"""

import argparse
import errno
import os
import socket
import sys

from studio.build import CLIENT, ROOT, is_built
from studio.origins import BadOrigins, allowed_origins


def port_problem(host: str, port: int) -> str | None:
    """Why `port` cannot be listened on, or None."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as refused:
            if refused.errno == errno.EADDRINUSE:
                return f"Port {port} on {host} is taken by another program. Stop it, or choose another port."
            return f"Cannot listen on {host}:{port}: {refused.strerror}."
    return None


def environment(port: int) -> dict[str, str]:
    """The variables a server of the finished build runs with."""
    return {
        **os.environ,
        "WEFT_STUDIO_PORT": os.environ.get("WEFT_STUDIO_PORT", str(port)),
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }


def command(host: str, port: int) -> list[str]:
    """The server's command line. `--workers-kill-timeout`: an open socket must not hold up a stop."""
    options = ["--interface", "asgi", "--factory", "--host", host, "--port", str(port), "--workers", "1"]
    calm = ["--no-access-log", "--log-level", "warning", "--workers-kill-timeout", "2"]
    return [sys.executable, "-m", "granian", *options, *calm, "studio.studio:app"]


def main() -> int:
    """The command. Replaces this process with the server; exit 2 with a message when it could not start."""
    reader = argparse.ArgumentParser(prog="python -m studio.serve", description="Serves the built studio.")
    reader.add_argument("--host", default="127.0.0.1")
    reader.add_argument("--port", type=int, default=int(os.environ.get("WEFT_STUDIO_PORT", "3000")))
    asked = reader.parse_args()
    problem = port_problem(asked.host, asked.port)
    if not (ROOT / CLIENT / "index.html").is_file():
        problem = "The page is not built yet. Run `python -m studio.build` first."
    elif not is_built():
        problem = "The built page is of other sources than these. Run `python -m studio.build` first."
    try:
        allowed_origins()
    except BadOrigins as bad:
        problem = str(bad)
    if problem:
        print(problem, file=sys.stderr)
        return 2
    os.chdir(ROOT)
    arguments = command(asked.host, asked.port)
    os.execve(arguments[0], arguments, environment(asked.port))


if __name__ == "__main__":
    raise SystemExit(main())
