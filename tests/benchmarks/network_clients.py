"""Real clients that do a plan, several jobs at a time: `python -m tests.benchmarks.network_clients PLAN DONE`.

PLAN is the JSON of `Plan`; DONE gets when each job was over, name to seconds since 1970. Raises when any job fails: a
bench over a capture that lacks files would measure nothing.
"""

from __future__ import annotations

import ftplib
import json
import smtplib
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

UPLOADS = ("put", "post", "multipart", "chunked", "mail", "ftp", "ftplib")
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
    ended: float = 0.0
    """When the client was over, in seconds since 1970; 0 when not known."""

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
        jobs = [Job(**job) for job in said["jobs"]]
        return cls(said["address"], Path(said["folder"]), said["parallel"], jobs)


def run(plan: Plan) -> dict[str, float]:
    """Do the jobs; when each was over, by name."""
    with ThreadPoolExecutor(plan.parallel) as pool:
        return dict(pool.map(lambda job: (job.name, transfer(plan, job)), plan.jobs))


def transfer(plan: Plan, job: Job) -> float:
    """Do one job; when it was over."""
    if job.kind == "mail":
        send_mail(plan, job)
    elif job.kind == "ftplib":
        store(plan, job)
    else:
        curl(plan.folder, arguments(plan.address, job))
    return time.time()


def curl(folder: Path, call: list[str]) -> None:
    command = ["curl", "-sS", "-f", "-o", "/dev/null", "--max-time", str(PATIENCE_S), *call]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def arguments(address: str, job: Job) -> list[str]:
    """curl's arguments for a job that is curl's."""
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


def store(plan: Plan, job: Job) -> None:
    """FTP as ftplib does it: the type comes before the passive port, which tshark wants and curl does not do."""
    with ftplib.FTP(timeout=PATIENCE_S) as client, (plan.folder / job.name).open("rb") as stream:
        client.connect(plan.address, FTP_PORT)
        client.login("desk", "desk")
        client.af = socket.AF_INET6  # asks for EPSV, whose answer names no address: copies of the capture have others
        client.storbinary(f"STOR {job.name}", stream)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(run(Plan.load(Path(sys.argv[1])))))
