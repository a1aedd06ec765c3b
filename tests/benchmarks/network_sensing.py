"""The network channel by itself: `python -m tests.benchmarks.network_sensing INTERFACE FOLDER`, until SIGTERM.

Prints a line of JSON for every observation and gap the moment it is made, as `earwitness watch` does once workers have
opened and compared what was seen.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from forensics.cli.render import gap_record
from forensics.config import Config, Network
from forensics.listening import Listener
from forensics.model import Gap, Observation


def main(interface: str, folder: str) -> None:
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ending.set())

    def take(found: Observation, done: Callable[[], None]) -> None:
        say({"sha256": found.content.sha256})
        done()

    def gap(found: Gap) -> None:
        say(gap_record(found))

    config = Config(network=Network(interfaces=(interface,)))
    listener = Listener(config, Path(folder), take=take, gap=gap, health=lambda _: None)
    listener.start()
    print("watching", file=sys.stderr, flush=True)
    ending.wait()
    listener.stop()


def say(record: dict[str, Any]) -> None:
    print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
