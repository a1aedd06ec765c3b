"""The store opens in sqlite-utils and in datasette, as people who have only those would open it."""

import asyncio

import pytest
from datasette.app import Datasette
from sqlite_utils import Database

from forensics.model import OutcomeKind
from forensics.store.tags import tag
from forensics.store.writer import Store
from tests.store.made import analysis, called, latest, observation, verdict


@pytest.fixture
def file(tmp_path):
    with Store.open(tmp_path, actor="tester") as store, store.group() as group:
        for number in range(3):
            seen = observation(f"k{number}", name=f"clip-{number}-\udcff-\u202e.wav")
            inside = {"a_b.zip": OutcomeKind.ENCRYPTED}
            group.record(analysis(seen, inside=inside), verdict(), grouper=latest)
    return tmp_path / "evidence.sqlite"


def test_sqlite_utils_reads_every_table_and_view(file):
    database = Database(str(file))
    for name in (*database.table_names(), *database.view_names()):
        list(database.query(f"SELECT * FROM [{name}]"))
    assert [row["id"] for row in database.view("alert_list").rows] == [1, 2, 3]
    assert next(iter(database.view("match_list").rows))["item"] == "C-001"
    assert all(table.strict for table in database.tables if table.name in ("alerts", "entries"))
    sql = "SELECT o.name FROM evidence_fts f JOIN observations o ON o.id = f.rowid WHERE evidence_fts MATCH ?"
    assert len(list(database.query(sql, [f"{tag('user', called(file.parent, 'user1'))} AND out_encrypted"]))) == 3
    database.conn.close()


def test_datasette_serves_tables_views_and_searches(file, tmp_path):
    copy = tmp_path / "copy.db"
    database = Database(str(file))
    database.execute("VACUUM INTO ?", [str(copy)])
    database.conn.close()

    async def visit():
        datasette = Datasette([], immutables=[str(copy)])
        pages = [
            "/copy",
            "/copy/alert_list",
            "/copy/observations",
            "/copy/artifacts?sha256__notblank=1",
            "/copy/custody",
        ]
        for page in pages:
            assert (await datasette.client.get(page)).status_code == 200, page
        alerts = await datasette.client.get("/copy/alert_list.json?_shape=array")
        user = tag("user", called(file.parent, "user1"))
        sql = f"select rowid from evidence_fts where evidence_fts match '{user}'"
        hits = await datasette.client.get("/copy.json", params={"sql": sql, "_shape": "array"})
        return alerts.json(), hits.json()

    alerts, hits = asyncio.run(visit())
    assert [alert["title"] for alert in alerts] == ["Clip C-001 to a removable medium"] * 3
    assert len(hits) == 3
