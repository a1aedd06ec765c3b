"""The self-check's package in the register, so that a canary is known again as issued packages are."""

from __future__ import annotations

import tempfile
from pathlib import Path

from forensics.errors import StoreError
from forensics.register.book import Register
from forensics.register.storage import Issue, RegisterWriter
from forensics.registration.run import Registration
from forensics.selfcheck.kit import PROGRAMME, Kit
from forensics.workers import WorkerPool

SETTLE_S = 8.0
"""After it was registered a monitor looks again at what it saw before: so long no canary is sent."""
RECIPIENT = "selfcheck"
"""Whom the package was issued to: nobody."""


def is_registered(kit: Kit, store: Path) -> bool:
    """Say whether the register in a store's folder knows the package. Raises StoreError."""
    return Register.load(store).package(kit.package) is not None


def register(kit: Kit, store: Path, pool: WorkerPool) -> None:
    """Register the package; workers that run see it at once. Raises StoreError."""
    with tempfile.TemporaryDirectory(prefix="selfcheck-", dir=store) as root:
        folder = Path(root) / kit.package
        for name, content in kit.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with RegisterWriter.open(store) as writer:
            issue = Issue(package=kit.package, programme=PROGRAMME, recipient=RECIPIENT)
            problems = [each.problem for each in Registration(writer, pool, to=issue).register(folder) if each.problem]
    if problems:
        raise StoreError(f"the self-check's package could not be registered: {problems[0]}")
