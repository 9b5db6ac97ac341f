"""``python -m engine.serving``: the host process. See ``engine.serving.host``."""

import sys

from engine.serving.host import main

sys.exit(main())
