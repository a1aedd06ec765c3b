"""Whether something goes to whom one may turn to unseen: the policy's protected channels. Pure.

What does is counted under the channel's name, a month at a time, and nothing else of it is kept: it is not opened, not
compared, and no name, digest, size, time or sender of it is written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from forensics import returns
from forensics.model import Observation, Opaque
from forensics.policy import Policy, Protected, parts, without_port

MOST_RECIPIENTS = 20
"""So many recipients of a mail its destination names at the most; of one with as many, others may be unnamed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """Something that was not looked at: the name of the protected channel and when, in Unix seconds."""

    name: str
    time: float

    @property
    def month(self) -> int:
        """When its month began (UTC): nearer than that nobody is to know when somebody turned there."""
        seen = datetime.fromtimestamp(min(max(self.time, 0.0), returns.LAST_TIME), UTC)
        return int(datetime(seen.year, seen.month, 1, tzinfo=UTC).timestamp())


def spared(found: Observation | Opaque, policy: Policy) -> Spared | None:
    """What is to be counted instead of looked at; None for what is nobody's protected channel."""
    for way in policy.protected:
        is_covered = _covers_flow(way, found) if isinstance(found, Opaque) else _covers(way, found)
        if is_covered:
            return Spared(name=way.name, time=found.end if isinstance(found, Opaque) else found.time)
    return None


def _covers(way: Protected, seen: Observation) -> bool:
    """What leaves must go there alone; what arrives must come from there, and its far end is not asked for."""
    if seen.channel in ("file", "work") or not (seen.destination if seen.is_leaving else seen.source):
        return False
    if seen.inference:
        return _is_host(way, without_port(parts(seen.destination)[1])) and way.reaches(seen.peer)
    if not seen.is_leaving:
        return way.covers(_places(seen.source))
    places = _places(seen.destination)
    return len(places) < MOST_RECIPIENTS and way.covers(places) and way.reaches(seen.peer)


def _covers_flow(way: Protected, flow: Opaque) -> bool:
    """A connection that was not read: by the server's name and address alone."""
    return _is_host(way, flow.name) and way.reaches(flow.destination.rpartition(":")[0].strip("[]"))


def _is_host(way: Protected, host: str) -> bool:
    """Say whether all of a host is protected; a pattern for some of its paths, or for mail, says nothing of it."""
    whole = [hit for pattern in way.destinations if (hit := _whole_host(pattern))]
    return not way.destinations or any(fnmatchcase(host.lower(), pattern) for pattern in whole)


def _whole_host(pattern: str) -> str:
    scheme, host, path = parts(pattern)
    return without_port(host) if path in ("", "*") and scheme not in ("smtp", "imap") else ""


def _places(uri: str) -> tuple[str, ...]:
    """Each place a destination names: of a mail one for each recipient."""
    if uri.startswith("smtp://"):
        host, _, people = uri.removeprefix("smtp://").partition("/")
        return tuple(f"smtp://{host}/{each}" for each in people.split(","))
    return (returns.plain(uri),)
