"""One client over a bad line: `python -m tests.benchmarks.network_recall_line CLIENT RUN FOLDER`, in a namespace.

Prints as JSON how many objects were sent, how many of them are exact, which are not, and what went wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.network_line import DEVICES, THERE, bad_line
from tests.benchmarks.network_recall import Client, Place, recall
from tests.benchmarks.network_wire import ROOT, environment, python

CLIENTS = (
    "curl put", "curl multipart", "curl chunked", "curl HTTP/2", "curl TLS 1.3 HTTP/2", "aioquic HTTP/3",
    "websockets deflated", "smtplib", "imaplib APPEND", "curl FTP passive", "curl FTP active", "lftp mirror", "nc",
)  # fmt: skip
"""Those that work with any address and get what is lost through in the end."""


@dataclass(slots=True)
class Crossed:
    """What was found of what a client sent in all its runs."""

    name: str
    sent: int = 0
    exact: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.missed and self.exact == self.sent


def crossed(name: str, runs: int, folder: Path) -> Crossed:
    """Run a client several times, each in a namespace of its own."""
    result = Crossed(name)
    for number in range(runs):
        place = folder / f"{name.replace('/', ' ')}-{number}"
        place.mkdir()
        call = ["unshare", "--net", *python("network_recall_line", name, str(number), str(place))]
        done = subprocess.run(call, cwd=ROOT, env=environment(), check=False, capture_output=True, text=True)
        said = json.loads(done.stdout.splitlines()[-1]) if not done.returncode else {}
        result.sent += said.get("sent", 0)
        result.exact += said.get("exact", 0)
        trouble = said.get("trouble", done.stderr.strip()[-200:])
        result.missed += [f"run {number}: {each}" for each in [*said.get("missed", []), *filter(None, [trouble])]]
    return result


def row(result: Crossed) -> list[str]:
    return [f"{result.name:<26}{result.sent:5}{result.exact:7}", *(f"    missed in {each}" for each in result.missed)]


def main() -> None:
    from tests.benchmarks.bench_network_recall import CLIENTS as ALL
    from tests.benchmarks.bench_network_recall import fill

    name, number, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    client = next(each for each in ALL if each.name == name)
    place = Place(folder, THERE, DEVICES[number % 2])
    fill(place, number)
    print(json.dumps(over_the_line(client, place, number)))


def over_the_line(client: Client, place: Place, number: int) -> dict[str, object]:
    with bad_line(number):
        result = recall(client, place, [])
    return {
        "sent": len(result.sent),
        "exact": result.exact,
        "missed": list(result.missed),
        "trouble": result.trouble,
    }


if __name__ == "__main__":
    main()
