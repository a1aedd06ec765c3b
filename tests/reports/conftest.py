"""The incident of `made`, in a store of its own and gathered."""

from __future__ import annotations

from pathlib import Path

import pytest

from forensics.reports.casefile import CaseFile, incident_file
from forensics.store import reader
from tests.reports.made import fill


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that tests only read, or add entries of custody to."""
    folder = tmp_path_factory.mktemp("evidence")
    fill(folder)
    return folder


@pytest.fixture(scope="session")
def case(evidence: Path) -> CaseFile:
    """The incident I1."""
    connection = reader.open_reader(evidence)
    try:
        return incident_file(connection, 1)
    finally:
        connection.close()
