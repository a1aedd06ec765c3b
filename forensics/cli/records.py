"""Search hits as JSON objects, beside what `forensics.reports.records` makes of the other answers of the store."""

from __future__ import annotations

from typing import Any

from forensics.reports.records import record
from forensics.store.rows import SearchHit

__all__ = ["hit_id", "hit_record", "record"]


def hit_record(hit: SearchHit) -> dict[str, Any]:
    """A search hit."""
    return {**record(hit), "id": hit_id(hit)}


def hit_id(hit: SearchHit) -> str:
    """The id `earwitness show` takes."""
    return f"{'A' if hit.kind == 'alert' else 'O'}{hit.id}"
