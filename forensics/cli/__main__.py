"""The command line: `earwitness`, or `python -m forensics.cli` for that of this very installation."""

from __future__ import annotations

import gc
import os
import sys

from forensics.worker import child

WORKING = {"register", "identify", "scan", "watch"}
"""Commands that need a worker."""


def main() -> None:
    """Run the command line, while the first worker loads that the command is likely to want."""
    gc.disable()  # what is imported stays; `cli.main` turns it on again
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads wait busily, and no product here is large
    words = sys.argv[1:4]
    is_working = WORKING.intersection(words) and "rules" not in words  # `rules watch` has its work done apart
    if is_working and not {"-h", "--help"}.intersection(sys.argv):
        child.start_ahead()
    from forensics.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
