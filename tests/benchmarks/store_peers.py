"""The same questions, asked the way people ask with other tools: sqlite-utils and datasette of the same file, DuckDB.

sqlite-utils and datasette run the SQL that somebody would write who knows the store's README: the word index for words,
LIKE over the view for parts of paths. DuckDB has a table of the same observations, columns and all, and no index.
"""

from __future__ import annotations

import asyncio
import csv
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from forensics.store import reader
from tests.benchmarks.store_rows import Rows

Ask = Callable[[str], Any]
LIMIT_MS = 600_000
COLUMNS = ("id", "time", "channel", "host", "user", "name", "source", "destination", "reason")
_JOIN = "FROM evidence_fts f JOIN observations o ON o.id = f.rowid WHERE evidence_fts MATCH"
INDEXED = {
    "word, common": (lambda rows, rng: rows.words.names[rng.randrange(20)], "{}", _JOIN),
    "word, rare": (lambda rows, rng: rows.words.names[rng.randrange(20_000, 30_000)], "{}", _JOIN),
    "user, word": (
        lambda rows, rng: f"{rng.choice(rows.users.names[:50])} {rows.words.names[rng.randrange(500)]}",
        "u_{} AND {}",
        _JOIN,
    ),
    "part, rare": (lambda rows, rng: rows.words.names[rng.randrange(20_000, 30_000)][1:], "", ""),
}
OURS = {"word, common": "{}", "word, rare": "{}", "user, word": "user:{} {}", "part, rare": "path:~{}~"}
_LIKE = "name LIKE '%' || ?1 || '%' OR source LIKE '%' || ?1 || '%' OR destination LIKE '%' || ?1 || '%'"


def table(file: Path, times: int) -> Iterator[str]:
    """Median wall and CPU milliseconds of each question with each tool; parts are asked fewer times."""
    yield "| question | tool | wall p50 ms | CPU p50 ms |\n|---|---|---|---|"
    duck = _duckdb(file)
    for name, (draw, _, _) in INDEXED.items():
        tools = {
            "earwitness": _ours(file, OURS[name]),
            "sqlite-utils": _sqlite_utils(file, name),
            "datasette": _datasette(file, name),
            "DuckDB": duck,
        }
        for tool, ask in tools.items():
            rows, rng = Rows(), random.Random(7)
            values = [draw(rows, rng) for _ in range(times if name != "part, rare" else min(times, 3))]
            yield f"| {name} | {tool} | {_median(ask, values)} |"


def _median(ask: Ask, values: list[str]) -> str:
    found = []
    for value in values:
        wall, cpu = time.perf_counter(), time.process_time()
        ask(value)
        found.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = zip(*found, strict=True)
    middle = len(found) // 2
    return f"{sorted(walls)[middle] * 1e3:.1f} | {sorted(cpus)[middle] * 1e3:.1f}"


def _ours(file: Path, query: str) -> Ask:
    connection = reader.open_reader(file.parent)
    return lambda value: reader.search(connection, query.format(*value.split()), limit=50)


def _sql(name: str, value: str) -> tuple[str, str]:
    _, match, source = INDEXED[name]
    columns = "o.id, o.time, o.channel, o.user, o.name"
    if not source:
        return f"SELECT {columns} FROM observations o WHERE {_LIKE} ORDER BY o.time DESC LIMIT 50", value
    return f"SELECT {columns} {source} ?1 ORDER BY o.time DESC LIMIT 50", match.format(*value.split())


def _sqlite_utils(file: Path, name: str) -> Ask:
    from sqlite_utils import Database

    database = Database(str(file))
    return lambda value: list(database.query((sql := _sql(name, value))[0], [sql[1]]))


def _datasette(file: Path, name: str) -> Ask:
    from datasette.app import Datasette

    served = Datasette([str(file)], settings={"sql_time_limit_ms": LIMIT_MS})

    def ask(value: str) -> Any:
        sql, parameter = _sql(name, value)
        query = {"sql": sql.replace("?1", ":q"), "q": parameter, "_shape": "array"}
        answer = asyncio.run(served.client.get(f"/{file.stem}.json", params=query))
        answer.raise_for_status()
        return answer.json()

    return ask


def _duckdb(file: Path) -> Ask:
    """The rows as DuckDB's own table; its words are looked for in every text, as `contains`."""
    import duckdb

    place = file.with_suffix(".duckdb")
    is_new = not place.exists()
    database = duckdb.connect(str(place), config={"threads": 1})
    if is_new:
        lines = file.with_suffix(".csv")
        connection = reader.open_reader(file.parent)
        with lines.open("w", newline="") as out:
            written = csv.writer(out)
            written.writerow(COLUMNS)
            written.writerows(connection.execute(f"SELECT {', '.join(COLUMNS)} FROM observations"))
        database.execute(f"CREATE TABLE rows AS SELECT * FROM read_csv('{lines}', header = true)")
        lines.unlink()
    sql = (
        "SELECT * FROM rows WHERE "
        + " AND ".join("contains(concat_ws(' ', \"user\", name, source, destination, reason), ?)" for _ in range(2))
        + " ORDER BY id DESC LIMIT 50"
    )

    def ask(value: str) -> Any:
        words = value.split()
        return database.execute(sql, [words[0], words[-1]]).fetchall()

    return ask
