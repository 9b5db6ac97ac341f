"""Started between us and an stdio server: drops inherited environment, sets limits and stands back, then becomes the
server.

    python -I confine.py KEEP MEMORY_MB COMMAND [ARGUMENT...]

KEEP is a comma separated list of variable names; all others go. The SDK hands HOME, PATH, USER and a few
more of ours to every server it starts, and offers no way not to. MEMORY_MB 0 means no limit on memory. It
imports nothing of ours, so that it starts fast and from any folder.
"""

import contextlib
import os
import resource
import sys

_LIMITS = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 1024),
    (resource.RLIMIT_FSIZE, 1 << 30),
)

_NICE = 10
"""Where every core is busy, a server that starts or floods gives way to the runs of everybody else."""


def main(keep: str, memory_mb: str, command: str, *arguments: str) -> None:
    """Never returns; a command that cannot be run ends the process with 127 and a line on stderr."""
    for kind, most in _limits(int(memory_mb)):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))
    _stand_back()
    kept = set(keep.split(","))
    environment = {name: value for name, value in os.environ.items() if name in kept}
    try:
        os.execve(command, [command, *arguments], environment)
    except OSError as error:
        print(f"cannot run {command!r}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def _stand_back() -> None:
    os.nice(_NICE)
    # Where the kernel shares out by sessions, niceness counts within one; the server is in a session of its own.
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
        group.write(str(_NICE))


def _limits(memory_mb: int) -> tuple[tuple[int, int], ...]:
    return (*_LIMITS, (resource.RLIMIT_DATA, memory_mb << 20)) if memory_mb else _LIMITS


if __name__ == "__main__":
    main(*sys.argv[1:])
