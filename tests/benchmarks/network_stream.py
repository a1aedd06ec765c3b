"""Uploads at a steady rate, several at a time: `python -m tests.benchmarks.network_stream PLAN DONE BYTES_A_SECOND`.

PLAN and DONE are as for `network_clients`, but DONE says when the last byte of each file was given to the system. It
is http.client that sends, for curl's `--limit-rate` waits after the last byte too before it says that it is through.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.network_clients import HTTP_PORT, PATIENCE_S, Job, Plan

KINDS = ("put", "multipart", "chunked")
BLOCK = 1 << 16
BOUNDARY = "part-of-the-bench"
FORM_HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n'
FORM_END = f"\r\n--{BOUNDARY}--\r\n".encode()


class Sender:
    """One connection that sends file after file at its share of the rate, in bytes a second."""

    def __init__(self, plan: Plan, share: float) -> None:
        self._plan = plan
        self._share = share
        self._done = 0
        self.sent: dict[str, float] = {}

    def send(self, jobs: Sequence[Job]) -> None:
        """Send the files; `sent` says when the last byte of each was given to the system."""
        connection = http.client.HTTPConnection(self._plan.address, HTTP_PORT, timeout=PATIENCE_S)
        self._began = time.monotonic()
        for job in jobs:
            head, end = b"", b""
            headers = {"Content-Type": "application/octet-stream"}
            if job.kind == "multipart":
                head, end = (FORM_HEAD % job.name).encode(), FORM_END
                headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            if job.kind != "chunked":
                headers["Content-Length"] = str(len(head) + job.size + len(end))
            method = "POST" if job.kind == "multipart" else "PUT"
            body = self._body(job, head, end)
            connection.request(method, f"/files/{job.name}", body, headers, encode_chunked=job.kind == "chunked")
            answer = connection.getresponse()
            answer.read()
            if answer.status != 201:
                raise RuntimeError(f"{job.name}: {answer.status}")

    def _body(self, job: Job, head: bytes, end: bytes) -> Iterator[bytes]:
        """The file in blocks, each when its time has come; asked for more means that the last one was given away."""
        if head:
            yield head
        with (self._plan.folder / job.name).open("rb") as stream:
            while block := stream.read(BLOCK):
                self._done += len(block)
                time.sleep(max(0.0, self._began + self._done / self._share - time.monotonic()))
                yield block
        if end:
            yield end
        self.sent[job.name] = time.time()


def stream(plan: Plan, rate: float) -> dict[str, float]:
    """Do the plan at `rate` bytes a second in all; when each file was sent."""
    queues = shared(plan.jobs, plan.parallel)
    senders = [Sender(plan, rate / len(queues)) for _ in queues]
    with ThreadPoolExecutor(len(queues)) as pool:
        for _ in pool.map(Sender.send, senders, queues):
            pass
    return {name: when for sender in senders for name, when in sender.sent.items()}


def shared(jobs: Sequence[Job], count: int) -> list[list[Job]]:
    """The jobs in so many queues, each with about as many bytes."""
    queues: list[list[Job]] = [[] for _ in range(min(count, len(jobs)))]
    for job in jobs:
        min(queues, key=lambda queue: sum(each.size for each in queue)).append(job)
    return queues


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(stream(Plan.load(Path(sys.argv[1])), float(sys.argv[3]))))
