"""Real clients that do a plan, several jobs at a time: `python -m tests.benchmarks.network_clients PLAN`.

PLAN is the JSON of `Plan`. Raises when any job fails: a bench over a capture that lacks files would measure nothing.
"""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

UPLOADS = ("put", "post", "multipart", "chunked", "mail", "ftp")
HTTP_PORT, SMTP_PORT, FTP_PORT = 8080, 2525, 2121
PATIENCE_S = 600


@dataclass(frozen=True, slots=True)
class Job:
    """One transfer: an upload of the file `name`, or a download (`get` of a slice of the noise, `retr` of a file)."""

    kind: str
    name: str
    size: int
    sha256: str
    offset: int = 0

    @property
    def is_upload(self) -> bool:
        return self.kind in UPLOADS


@dataclass(frozen=True, slots=True)
class Plan:
    """What to transfer with the server at `address`, from `folder`, `parallel` at a time."""

    address: str
    folder: Path
    parallel: int
    jobs: list[Job] = field(default_factory=list)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), default=str))

    @classmethod
    def load(cls, path: Path) -> Plan:
        said: dict[str, Any] = json.loads(path.read_text())
        return cls(said["address"], Path(said["folder"]), said["parallel"], [Job(**job) for job in said["jobs"]])


def run(plan: Plan) -> None:
    with ThreadPoolExecutor(plan.parallel) as pool:
        for _ in pool.map(lambda job: transfer(plan, job), plan.jobs):
            pass


def transfer(plan: Plan, job: Job) -> None:
    if job.kind == "mail":
        send_mail(plan, job)
    else:
        curl(plan.folder, arguments(plan.address, job))


def curl(folder: Path, call: list[str]) -> None:
    command = ["curl", "-sS", "-f", "-o", "/dev/null", "--max-time", str(PATIENCE_S), *call]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def arguments(address: str, job: Job) -> list[str]:
    """curl's arguments for a job that is not a mail."""
    web, ftp = f"http://{address}:{HTTP_PORT}", f"ftp://desk:desk@{address}:{FTP_PORT}"
    return {
        "put": ["-T", job.name, f"{web}/files/{job.name}"],
        "post": ["--data-binary", f"@{job.name}", "-H", "Content-Type: audio/wav", f"{web}/in/{job.name}"],
        "multipart": ["-F", "title=for review", "-F", f"file=@{job.name}", f"{web}/form"],
        "chunked": ["-T", job.name, "-H", "Transfer-Encoding: chunked", f"{web}/files/{job.name}"],
        "ftp": ["-T", job.name, f"{ftp}/"],
        "get": [f"{web}/from/{job.offset}/{job.size}/{job.name}"],
        "retr": [f"{ftp}/{job.name}"],
    }[job.kind]


def send_mail(plan: Plan, job: Job) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = job.name, "a@desk.example", "b@far.example"
    message.set_content("Please find the file attached.\n")
    data = (plan.folder / job.name).read_bytes()
    subtype = ("application", "zip") if job.name.endswith(".zip") else ("audio", "wav")
    message.add_attachment(data, maintype=subtype[0], subtype=subtype[1], filename=job.name)
    with smtplib.SMTP(plan.address, SMTP_PORT, timeout=PATIENCE_S) as client:
        client.send_message(message)


if __name__ == "__main__":
    run(Plan.load(Path(sys.argv[1])))
