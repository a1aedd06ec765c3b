"""Connections that were not read, in the store: kept once, by name only when much was sent."""

from pathlib import Path

from forensics.model import Opaque, Subject
from forensics.store import custody, reader
from forensics.store.writer import Store


def flow(number: int, *, up: int) -> Opaque:
    return Opaque(
        protocol="tls",
        source=f"10.1.0.5:{number}",
        destination="192.0.2.80:443",
        name="drop.example",
        start=1_700_000_000.0 + number,
        end=1_700_000_001.0 + number,
        up=up,
        down=700,
        flow=f"tcp/{number}",
        facts={"ja4": "t13d1516h2"},
        subject=Subject(host="desk", user="reviewer-17", process="curl", pid=7, method="socket"),
    )


def test_a_flow_is_kept_once_and_found_again(tmp_path: Path) -> None:
    with Store.open(tmp_path, actor="tester") as store:
        for _ in range(2):
            with store.group() as group:
                group.opaque(flow(1, up=90_000), is_named=True)
                group.opaque(flow(2, up=100), is_named=False)
    connection = reader.open_reader(tmp_path)
    try:
        (row,) = reader.opaque(connection, words=["DROP", "curl"])
        assert (row.up, row.process, row.facts) == (90_000, "curl", {"ja4": "t13d1516h2"})
        assert reader.opaque_flow(connection, row.id) == row
        assert reader.opaque(connection, words=["elsewhere"]) == ()
        assert not list(custody.verify(connection))
        tallies = connection.execute("SELECT channel, outcome, bytes FROM tallies").fetchall()
        assert tuple(tallies[0])[:2] == ("tls", "encrypted")
    finally:
        connection.close()
