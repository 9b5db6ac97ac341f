"""Started between us and an stdio server: drops inherited environment, sets limits, then becomes the server.

    python -I confine.py KEEP MEMORY_MB COMMAND [ARGUMENT...]

KEEP is a comma separated list of variable names; all others go. The SDK hands HOME, PATH, USER and a few
more of ours to every server it starts, and offers no way not to. MEMORY_MB 0 means no limit on memory. It
imports nothing of ours, so that it starts fast and from any folder.
"""

import os
import resource
import sys

_LIMITS = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, 1024),
    (resource.RLIMIT_FSIZE, 1 << 30),
)


def main(keep: str, memory_mb: str, command: str, *arguments: str) -> None:
    """Never returns; a command that cannot be run ends the process with 127 and a line on stderr."""
    for kind, most in _limits(int(memory_mb)):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, bound))
    kept = set(keep.split(","))
    environment = {name: value for name, value in os.environ.items() if name in kept}
    try:
        os.execve(command, [command, *arguments], environment)
    except OSError as error:
        print(f"cannot run {command!r}: {error.strerror}", file=sys.stderr)
        sys.exit(127)


def _limits(memory_mb: int) -> tuple[tuple[int, int], ...]:
    return (*_LIMITS, (resource.RLIMIT_DATA, memory_mb << 20)) if memory_mb else _LIMITS


if __name__ == "__main__":
    main(*sys.argv[1:])
