"""The shapes of what the log holds: bodies are compact JSON arrays whose first element names their shape.

An array names no fields, which saves half of its size; the store says of itself what they are (table `shapes`), and so
does every export. A shape, once released, is never edited: what changes is a new shape. Defaults at the end of an
array are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Values = dict[str, Any]
GENERATION = " generation "
"""Stands between the version of the rules and the number of their generation, where there is one."""

OBSERVATION = (
    "shape",
    "recorded",
    "time",
    "channel",
    "direction",
    "is_leaving",
    "name",
    "source",
    "destination",
    "host",
    "user",
    "process",
    "pid",
    "method",
    "sensor",
    "capture",
    "missing",
    "artifact_count",
    "match_count",
    "reason",
    "items",
    "versions",
    "artifacts",
    "matches",
    "alert",
    "kept",
    "suppressed",
)
"""`versions` is the seq of the entry of this log that names them; `kept` are digests of content that was kept,
`suppressed` the suppression without which there would be an alert."""
ARTIFACT = ("number", "parent", "path", "media_type", "size", "sha256", "outcome", "reason", "facts")
MATCH = (
    "number",
    "artifact",
    "rule",
    "matcher",
    "item",
    "package",
    "score",
    "accepted",
    "severity",
    "title",
    "programme",
    "why",
    "category",
    "technique",
    "query_start_s",
    "clip_start_s",
    "duration_s",
    "speed",
    "sound",
)
ALERT = ("severity", "title", "incident")
"""`incident` is the seq of the observation whose alert began it."""
GAP = ("shape", "recorded", "sensor", "channel", "start", "end", "cause", "size", "unit", "detail")
OPAQUE = (
    "shape",
    "recorded",
    "flow",
    "start",
    "end",
    "protocol",
    "name",
    "source",
    "destination",
    "up",
    "down",
    "host",
    "user",
    "process",
    "pid",
    "method",
    "facts",
)
VERSIONS = ("shape", "recorded", "actor", "engine", "rules", "register")
"""Who recorded the observations that refer to it, with which engine, rules and register."""
ACT = ("shape", "time", "actor", "action", "subject", "about", "detail", "facts")
"""`about` names the entry it concerns for every machine: `O:agent:epoch:seq`; `subject` as people saw it: `A12`."""

SHAPES: Mapping[str, Sequence[str]] = {
    "O1": OBSERVATION,
    "G1": GAP,
    "Q1": OPAQUE,
    "V1": VERSIONS,
    "C1": ACT,
    "artifact": ARTIFACT,
    "match": MATCH,
    "alert": ALERT,
}
_DEFAULTS: Mapping[str, Any] = {
    "programme": "",
    "why": [],
    "category": "",
    "technique": "",
    "query_start_s": 0.0,
    "clip_start_s": 0.0,
    "duration_s": 0.0,
    "speed": 1.0,
    "sound": "",
    "artifacts": [],
    "matches": [],
    "alert": None,
    "kept": [],
    "suppressed": "",
    "reason": "",
    "facts": {},
}


def place(fields: Sequence[str], name: str) -> str:
    """The JSON path of a field of a body, for SQL."""
    return f"$[{fields.index(name)}]"


def trimmed(fields: Sequence[str], values: Sequence[Any]) -> list[Any]:
    """The values as a list without the defaults at its end."""
    last = len(values)
    while last and fields[last - 1] in _DEFAULTS and values[last - 1] == _DEFAULTS[fields[last - 1]]:
        last -= 1
    return list(values[:last])


def named(fields: Sequence[str], values: Sequence[Any]) -> Values:
    """The values by name, defaults included. Raises KeyError for an array too short to be of that shape."""
    missing = fields[len(values) :]
    return {**dict(zip(fields, values, strict=False)), **{name: _DEFAULTS[name] for name in missing}}


def packed(values: Sequence[Any]) -> str:
    """The text of a body: compact JSON."""
    return msgspec.json.encode(values).decode()
