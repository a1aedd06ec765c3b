"""The file sensor: watches folders and hands on every file that settles in them, once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from forensics.config import Files, Folder
from forensics.model import Gap, SensorHealth
from forensics.sensors.clocks import boot_s
from forensics.sensors.files.afar import STALLED_S, Afar
from forensics.sensors.files.arrivals import Arrivals
from forensics.sensors.files.known import Recall
from forensics.sensors.files.mounts import Mount
from forensics.sensors.files.outbox import Outbox
from forensics.sensors.files.roots import Root, resolve
from forensics.sensors.files.rounds import Comings
from forensics.sensors.files.seen import Seen
from forensics.sensors.files.settled import LaterError, SettledFile, as_text
from forensics.sensors.files.watcher import Watcher, health_of
from forensics.sensors.hearing import Hearing


class FileSensor(Comings):
    """Notices files in watched folders; what happened while it was down is found by going over them at start.

    `recall` answers by `SettledFile.root` with the `.path` and `.stamp` of what was handed on in earlier runs; it is
    asked at once for configured folders, and from the sensor's thread for media and others that come by themselves.
    `exclude` names folders never to be opened. `journal` is where it notes what it has seen until `SettledFile.done` is
    called: what is gone after a kill is told at the next start.

    Threads: one watches all that lies on this machine, one more each share and each file system of a program (FUSE),
    which may stop to answer; one calls `emit`, `gap` and `health`, in order, and may be blocked by them for as long as
    it takes (meanwhile files wait on disk, and what is short-lived is held open as far as descriptors go). `hearing`
    has one that others may share.
    """

    def __init__(
        self,
        folders: Sequence[Folder],
        settings: Files,
        *,
        emit: Callable[[SettledFile], None],
        gap: Callable[[Gap], None],
        health: Callable[[SensorHealth], None],
        recall: Recall = lambda _: (),
        exclude: Sequence[Path] = (),
        hearing: Hearing | None = None,
        stalled_s: float = STALLED_S,
        journal: Path | None = None,
    ) -> None:
        self._settings = settings
        roots = resolve(folders, settings, recall, exclude)
        self._arrivals = Arrivals(settings, roots, recall, exclude=exclude)
        self._outbox = Outbox(emit, gap, health, refused=self._refused)
        self._afar = Afar(settings, self._outbox, stalled_s=stalled_s)
        self._configured_afar = [root for root in roots if root.is_afar]
        near = [root for root in roots if not root.is_afar]
        self._seen = Seen(journal)
        self._near = Watcher(
            "files-sensor",
            near,
            settings,
            self._outbox,
            comings=self,
            hearing=hearing or Hearing(self._outbox.put),
            seen=self._seen,
        )

    def start(self) -> None:
        """Begin, and return at once."""
        self._outbox.start()
        for zone in self._settings.private:
            self._outbox.put(_unseen(zone))
        for root in self._configured_afar:
            self._afar.add(root)
        self._near.start()

    def look_again(self) -> None:
        """Hand on once more, as if `recall` told of nothing, what is there. Returns at once; from any thread."""
        self._near.look_again()

    def wait_until_watching(self, timeout_s: float) -> bool:
        """Wait until the watches on this machine are in place; False when that takes longer."""
        return self._near.wait_until_watching(timeout_s)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End within `timeout_s`: files not yet settled are found at the next start."""
        self._near.stop(timeout_s)
        self._afar.stop(timeout_s)
        for health in self.health("stopped"):
            self._outbox.put(health)
        for root in (*self._near.roots, *self._afar.roots):
            self._outbox.put(health_of(root, "stopped"))
        self._outbox.stop(timeout_s)
        self._seen.close()

    def compare(self, table: Sequence[Mount]) -> tuple[list[Root], list[Root]]:
        """The roots on this machine that came and went; others get a watcher here, and lose it. From its thread."""
        come, gone = self._arrivals.compare(table)
        for root in come:
            if root.is_afar:
                self._afar.add(root)
        return [root for root in come if not root.is_afar], [root for root in gone if not self._afar.remove(root)]

    def check(self) -> None:
        """See how the other watchers are. From the thread of the near one."""
        self._afar.check()

    def health(self, state: str) -> Sequence[SensorHealth]:
        """That media, shares and sync folders are noticed when they come, whether there is one now or not."""
        channels = {"share" if name == "shares" else "removable" for name in self._settings.media}
        channels |= {"cloud_sync"} if self._settings.sync else set()
        if not channels:
            return ()
        return (
            SensorHealth(
                sensor="files:arrivals",
                kind="files",
                state=state,
                time=time.time(),
                channels=tuple(sorted(channels)),
                boot=boot_s(),
            ),
        )

    def forget(self) -> None:
        """Roots elsewhere hand on once more what they handed on. From the thread of the near one."""
        self._arrivals.look_again()
        self._afar.look_again()

    def _refused(self, file: SettledFile, error: Exception) -> None:
        file.done()
        for root in (*self._near.roots, *self._afar.roots):
            if root.sensor == file.sensor and file.stamp is not None:
                root.forget(file)
                if isinstance(error, LaterError):
                    continue
                detail = f"{file.path}: {type(error).__name__}: {error}"
                self._outbox.put(root.gap("sighting not taken", size=1, unit="files", detail=detail))


def _unseen(zone: str) -> Gap:
    """What the store says, once a start, of a zone that is left alone."""
    now = time.time()
    return Gap(
        sensor="files",
        channel="all",
        start=now,
        end=now,
        cause="private zone, not opened",
        unit="files",
        detail=f"{as_text(zone)}: left out by files.private",
    )
