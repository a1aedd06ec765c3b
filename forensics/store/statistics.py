"""What the database knows of its own content, so that it chooses the right index: learnt anew as it grows."""

from __future__ import annotations

from forensics.database import Connection

FIRST, FIRST_WHILE_OPEN = 1000, 100_000
"""Entries from which a store is worth it: when it is closed, and while it is written."""
GROWTH = 2
"""How many times as many entries as when it last learnt."""
_ROWS = 1000
"""Rows of each index that are looked at: milliseconds, however large the store."""
_NAME = "analysed"


def learn(connection: Connection, *, at_least: int = FIRST) -> bool:
    """Learn anew when there are so many entries, and many more than the last time; says whether it did.

    Inside the caller's transaction. Raises what a failing database does.
    """
    execute = connection.execute
    largest = int(execute("SELECT coalesce(max(id), 0) FROM entries").fetchone()[0])
    row = execute("SELECT value FROM meta WHERE name = ?", [_NAME]).fetchone()
    before = int(row[0]) if row is not None else 0
    if largest < at_least or largest < GROWTH * before:
        return False
    execute(f"PRAGMA analysis_limit = {_ROWS}")
    execute("ANALYZE")
    execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [_NAME, str(largest)])
    return True
