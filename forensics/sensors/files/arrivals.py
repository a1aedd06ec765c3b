"""The roots that come and go by themselves: media, shares, sync folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from forensics.config import Files
from forensics.sensors.files.carried import Carried
from forensics.sensors.files.known import Recall, tokens_of
from forensics.sensors.files.media import Place, places
from forensics.sensors.files.mounts import Mount, is_afar, lies_afar
from forensics.sensors.files.private import Zones
from forensics.sensors.files.reconcile import Ignore
from forensics.sensors.files.roots import Root
from forensics.sensors.files.settled import as_text
from forensics.sensors.files.sync import Home, homes, recognised

_Key = tuple[str, str, str]


class Arrivals:
    """Compares what is mounted and recognised with the roots that stand. Used from one thread.

    A configured folder stays what it was configured as, and gets the facts of the medium it lies on. `of` tells whose
    sync clients' settings to look for.
    """

    def __init__(
        self,
        settings: Files,
        configured: Sequence[Root],
        recall: Recall,
        *,
        exclude: Sequence[Path] = (),
        of: Callable[[], Sequence[Home]] = homes,
    ) -> None:
        self._settings = settings
        self._configured = tuple(configured)
        self._recall = recall
        self._of = of
        self._excluded = [os.path.realpath(path) for path in exclude]
        self._zones = Zones(settings.private)
        self._standing: dict[_Key, Root] = {}
        self._carried: dict[str, Carried] = {}

    def compare(self, table: Sequence[Mount]) -> tuple[list[Root], list[Root]]:
        """The roots that came and those that went since the last call."""
        now = {_key(place): place for place in self._wanted(table)}
        gone = [self._standing.pop(key) for key in list(self._standing) if key not in now]
        taken = {root.real for root in self._configured}
        come = [
            self._begin(key, place, table)
            for key, place in now.items()
            if key not in self._standing and place.path not in taken and not self._is_off_limits(place.path)
        ]
        self._place_configured(now.values())
        reals = [root.real for root in (*self._configured, *self._standing.values())]
        for root in (*self._configured, *self._standing.values()):
            root.ignore.inner = tuple(real for real in reals if root.holds(real))
        return come, gone

    def look_again(self) -> None:
        """Nothing counts as handed on any more, also on media that are not here now."""
        for carried in self._carried.values():
            carried.look_again()

    def _wanted(self, table: Sequence[Mount]) -> list[Place]:
        wanted = places(table, self._settings.media)
        if self._settings.sync:
            wanted += _synced(self._of(), table, {place.path for place in wanted})
        taken = {place.path for place in wanted} | {root.real for root in self._configured}
        return wanted + [
            Place(root.role, mount.point, mount.point, mount.device, {})
            for mount in {mount.point: mount for mount in table if is_afar(mount.kind)}.values()
            for root in self._configured
            if root.holds(mount.point) and mount.point not in taken
        ]

    def _is_off_limits(self, path: str) -> bool:
        is_own = any(path == folder or path.startswith(folder + "/") for folder in self._excluded)
        return is_own or self._zones.cover(path)

    def _begin(self, key: _Key, place: Place, table: Sequence[Mount]) -> Root:
        carried = None
        if place.is_medium:
            if place.name not in self._carried:
                self._carried[place.name] = Carried(dict(self._recall(place.name)), is_weak=place.is_weak)
            carried = self._carried[place.name]
        known = tokens_of(() if carried else self._recall(place.name))
        root = Root(
            role=place.role,
            name=as_text(place.name),
            path=place.path,
            real=place.path,
            ignore=Ignore(self._settings.ignore, self._excluded, self._zones),
            known=known,
            is_afar=lies_afar(place.path, table),
            facts=place.facts,
            carried=carried,
        )
        self._standing[key] = root
        return root

    def _place_configured(self, now: Iterable[Place]) -> None:
        for root in self._configured:
            on = [place for place in now if f"{root.real}/".startswith(f"{place.path.rstrip('/')}/")]
            nearest = max(on, key=lambda place: len(place.path), default=None)
            root.facts = nearest.facts if nearest else {}


def _synced(of: Sequence[Home], table: Sequence[Mount], taken: set[str]) -> list[Place]:
    """The sync clients' folders as places."""
    folders = [folder._replace(path=os.path.realpath(folder.path)) for folder in recognised(of, table)]
    return [
        Place("cloud_sync", folder.path, folder.path, folder.device, {"sync.client": folder.client})
        for folder in folders
        if folder.path not in taken
    ]


def _key(place: Place) -> _Key:
    return place.name, place.path, place.device
