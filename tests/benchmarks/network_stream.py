"""Uploads at a steady rate: a few curls, each with files to send one after the other at its share of the rate."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.benchmarks.network_clients import HTTP_PORT, Job
from tests.benchmarks.network_wire import SERVER, Wire

PARALLEL = 8
KINDS = ("put", "multipart", "chunked")
SENT = ("completely uploaded", "end of chunked upload")
"""What curl says when it has handed the last byte of a body to the system."""


def stream(made: Wire, folder: Path, jobs: Sequence[Job], rate: float) -> dict[str, float]:
    """Send the files at `rate` bytes a second in all; when the last byte of each was handed over, by name.

    Raises SystemExit with curl's words when one fails.
    """
    queues = shared(jobs)
    running = []
    for number, queue in enumerate(queues):
        orders, trace = folder / f"orders-{number}", folder / f"trace-{number}"
        orders.write_text("next\n".join(order(job, int(rate / len(queues))) for job in queue))
        command = made.inside(made.near, ["curl", "-sS", "-v", "--trace-time", "-f", "-K", str(orders)])
        with trace.open("wb") as stderr:
            running.append(subprocess.Popen(command, cwd=folder / "files", stdin=subprocess.DEVNULL, stderr=stderr))
    codes = [process.wait() for process in running]
    sent: dict[str, float] = {}
    for number, (code, queue) in enumerate(zip(codes, queues, strict=True)):
        said = (folder / f"trace-{number}").read_text(errors="replace").splitlines()
        moments = [moment(line, datetime.now().timestamp()) for line in said if any(words in line for words in SENT)]
        if code or len(moments) != len(queue):
            raise SystemExit(f"curl ended with {code}: " + "\n".join(said[-5:]))
        sent |= zip((job.name for job in queue), moments, strict=True)
    return sent


def shared(jobs: Sequence[Job]) -> list[list[Job]]:
    """The jobs in as many queues as there are curls, each with about as many bytes."""
    queues: list[list[Job]] = [[] for _ in range(min(PARALLEL, len(jobs)))]
    for job in jobs:
        min(queues, key=lambda queue: sum(each.size for each in queue)).append(job)
    return queues


def order(job: Job, rate: int) -> str:
    """One upload in curl's configuration."""
    what = {
        "put": f'upload-file = "{job.name}"\n',
        "chunked": f'upload-file = "{job.name}"\nheader = "Transfer-Encoding: chunked"\n',
        "multipart": f'form = "file=@{job.name}"\n',
    }[job.kind]
    return f'{what}url = "http://{SERVER}:{HTTP_PORT}/files/{job.name}"\nlimit-rate = {rate}\noutput = "/dev/null"\n'


def moment(line: str, now: float) -> float:
    """The time of a line of curl's trace, which gives that of the day alone, as seconds since 1970."""
    hours, minutes, seconds = line[: line.index(" ")].split(":")
    midnight = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    found = midnight + 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    return found if found <= now + 1 else found - 86_400
