"""A store in a folder of its own, and a reader beside it."""

import pytest

from forensics.store import reader
from forensics.store.writer import Store
from tests.store.made import NOW, name_custodians


@pytest.fixture
def store(tmp_path):
    name_custodians(tmp_path)
    with Store.open(tmp_path, actor="tester", clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def reading(store, tmp_path):
    connection = reader.open_reader(tmp_path)
    yield connection
    connection.close()
