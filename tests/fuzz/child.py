"""The process behind :class:`tests.fuzz.watched.Watched`: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from random import Random

from tests.fuzz.targets import TARGETS


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed on the way is not an answer
    print("ready", file=answers, flush=True)
    for line in sys.stdin.buffer:
        case = json.loads(line)
        error = ""
        begun = time.process_time()  # others may be at work on this machine
        try:
            TARGETS[case["target"]](case["text"], Random(case["salt"]))
        except BaseException as raised:
            error = "".join(traceback.format_exception(raised, limit=-12))
        took = time.process_time() - begun
        print(json.dumps({"error": error, "seconds": took}), file=answers, flush=True)


if __name__ == "__main__":
    main()
