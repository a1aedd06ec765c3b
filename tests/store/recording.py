"""A process that records alerts and says on stdout which ones are on the disk; made to be killed.

python -m tests.store.recording FOLDER FIRST COUNT GROUP PREFIX [FILE_LIMIT_BYTES]
"""

import resource
import signal
import sys
from pathlib import Path

from forensics.content import Content
from forensics.errors import StoreError
from forensics.store.writer import LedgerRow, Store
from tests.store.made import NOW, analysis, latest, observation, verdict


def main() -> None:
    """Record COUNT alerts from number FIRST in groups of GROUP, reporting after each group."""
    folder, first, count, size, prefix = sys.argv[1:6]
    if len(sys.argv) > 6:
        limit = int(sys.argv[6])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    with Store.open(Path(folder), actor=prefix) as store:
        print("open", flush=True)
        for start in range(int(first), int(first) + int(count), int(size)):
            keys = [f"{prefix}-{number}" for number in range(start, start + int(size))]
            try:
                record(store, keys)
            except StoreError as error:
                print(f"failed {error}", flush=True)
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                record(store, keys)
            print(" ".join(keys), flush=True)


def record(store: Store, keys: list[str]) -> None:
    """Record one alert per key in one transaction."""
    with store.group() as group:
        for key in keys:
            content = Content.of(key.encode() * 400)
            seen = observation(key, time=NOW + len(key), content=content)
            row = LedgerRow(root="/r", path=key, dev=1, ino=2, size=content.size, mtime_ns=3, ctime_ns=4)
            group.record(analysis(seen), verdict(), grouper=latest, kept={content.sha256: content}, ledger=row)


if __name__ == "__main__":
    main()
