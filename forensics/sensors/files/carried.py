"""What was handed on of a medium, which is the same under whatever path and device number it is mounted."""

from __future__ import annotations

from collections.abc import Mapping

from forensics.sensors.files.settled import Stamp


class Carried:
    """The states of a medium's files by their way below it, from earlier runs (`earlier`) and earlier mounts.

    What counts is what the file system keeps: never the device number; and on FAT and exFAT (`is_weak`), which number
    files anew at every mount and keep no change times, only size and modification time. There a file rewritten
    elsewhere with both set back is not told from the old one. While a medium stays mounted, a file that was found
    unchanged counts as known only as long as its whole stamp stays.
    """

    def __init__(self, earlier: Mapping[str, Stamp], *, is_weak: bool) -> None:
        self._earlier = earlier
        self._is_weak = is_weak
        self._before: set[int] = set()
        self._now: set[int] = set()
        self._here: dict[int, int] = {}

    def holds(self, way: str, stamp: Stamp) -> bool:
        """Say whether this state was handed on in an earlier mount or run."""
        known = self._earlier.get(way)
        is_known = known is not None and self._lasting(known) == self._lasting(stamp)
        if not is_known and self._token(way, stamp) not in self._before:
            return False
        return self._here.setdefault(hash(way), hash(stamp)) == hash(stamp)

    def keep(self, way: str, stamp: Stamp) -> None:
        """This state is being handed on."""
        self._now.add(self._token(way, stamp))

    def drop(self, way: str, stamp: Stamp) -> None:
        """This state was not taken after all."""
        self._now.discard(self._token(way, stamp))

    def look_again(self) -> None:
        """Nothing was handed on so far."""
        self._earlier, self._before, self._now, self._here = {}, set(), set(), {}

    def unmounted(self) -> None:
        """What was handed on in this mount is known in the next."""
        self._before |= self._now
        self._now = set()
        self._here = {}

    def _token(self, way: str, stamp: Stamp) -> int:
        return hash((way, *self._lasting(stamp)))

    def _lasting(self, stamp: Stamp) -> tuple[int, ...]:
        return (stamp.size, stamp.mtime_ns) if self._is_weak else stamp[1:]
