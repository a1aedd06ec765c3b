"""Folders that sync clients carry to a cloud, recognised by the clients' own settings, for every user.

A user's settings are data: what they name counts only as far as it is that user's own folder.
"""

from __future__ import annotations

import configparser
import json
import os
import pwd
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from forensics.sensors.files.holding import open_regular
from forensics.sensors.files.mounts import Mount

_MOST_BYTES = 1 << 20
_NOT_A_HOME = frozenset(("", "/", "/nonexistent", "/dev/null"))
_MOUNTED = {"fuse.onedriver": "OneDrive", "fuse.google-drive-ocamlfuse": "Google Drive"}
_REMOTES = {"dropbox": "Dropbox", "drive": "Google Drive", "onedrive": "OneDrive", "iclouddrive": "iCloud"}


class Home(NamedTuple):
    """A user's home."""

    uid: int
    path: str


class SyncFolder(NamedTuple):
    """A folder and the client that syncs it; `device` is empty unless it is a mount of its own."""

    client: str
    path: str
    device: str = ""


Finder = Callable[[Home], Iterator[SyncFolder]]


def homes() -> list[Home]:
    """The homes of all users whom the system knows, whether they may be read or not."""
    found = {entry.pw_dir: Home(entry.pw_uid, entry.pw_dir) for entry in pwd.getpwall()}
    return [home for path, home in found.items() if path not in _NOT_A_HOME]


def recognised(of: Iterable[Home], table: Iterable[Mount] = ()) -> list[SyncFolder]:
    """The sync folders below these homes that are there, and those that are mounted; never raises."""
    of = list(of)
    found: dict[str, SyncFolder] = {}
    for home in of:
        for find in _FINDERS:
            for folder in find(home):
                if _is_own(folder.path, home):
                    found.setdefault(os.path.realpath(folder.path), folder)
    remotes = {name: client for home in of for name, client in _remotes(home)}
    for mount in table:
        remote = mount.source.partition(":")[0].partition("{")[0]
        client = _MOUNTED.get(mount.kind) or (remotes.get(remote) if mount.kind == "fuse.rclone" else None)
        if client:
            found[mount.point] = SyncFolder(client, mount.point, mount.device)
    return list(found.values())


def _is_own(path: str, home: Home) -> bool:
    """Say whether a folder is there and the user's own: nobody's settings make a system's folder a sync folder."""
    try:
        real = os.path.realpath(path)
        status = os.stat(real)
    except (OSError, ValueError):
        return False
    is_around_home = f"{os.path.realpath(home.path)}/".startswith(f"{real.rstrip('/')}/")
    return os.path.isabs(path) and os.path.isdir(real) and status.st_uid == home.uid and not is_around_home


def _dropbox(home: Home) -> Iterator[SyncFolder]:
    """`info.json`: one account a kind (personal, business), each with its path."""
    try:
        accounts = json.loads(_read(home, ".dropbox/info.json") or "{}")
    except (ValueError, RecursionError):
        return
    for account in accounts.values() if isinstance(accounts, dict) else ():
        path = account.get("path") if isinstance(account, dict) else None
        if isinstance(path, str):
            yield SyncFolder("Dropbox", path)


def _onedrive(home: Home) -> Iterator[SyncFolder]:
    """The free client for Linux: `sync_dir` in its configuration, `~/OneDrive` when none is set."""
    folder = ".config/onedrive"
    if os.path.isdir(os.path.join(home.path, folder)):
        named = re.search(r'^\s*sync_dir\s*=\s*"([^"\n]+)"', _read(home, f"{folder}/config"), re.MULTILINE)
        yield SyncFolder("OneDrive", _expanded(named[1] if named else "~/OneDrive", home))


def _insync(home: Home) -> Iterator[SyncFolder]:
    """Insync keeps its places in a database of its own; its usual one is looked at."""
    if os.path.isdir(os.path.join(home.path, ".config/Insync")):
        yield SyncFolder("Google Drive", os.path.join(home.path, "Insync"))


def _nextcloud(home: Home) -> Iterator[SyncFolder]:
    """Nextcloud and ownCloud: one `localPath` for each folder of each account."""
    for client, file in (("Nextcloud", "Nextcloud/nextcloud.cfg"), ("ownCloud", "ownCloud/owncloud.cfg")):
        for named in re.finditer(r"^[^=\n]*\\localPath=(.+)$", _read(home, f".config/{file}"), re.MULTILINE):
            yield SyncFolder(client, named[1].strip())


def _syncthing(home: Home) -> Iterator[SyncFolder]:
    """`<folder path="...">` in its configuration, which lies in one of two places."""
    for place in (".local/state/syncthing", ".config/syncthing"):
        text = _read(home, f"{place}/config.xml")
        if not text or "<!DOCTYPE" in text:
            continue
        try:
            tree = ElementTree.fromstring(text)  # noqa: S314 - without a document type there are no entities to expand
        except (ElementTree.ParseError, ValueError):
            continue
        for folder in tree.iterfind("folder"):
            yield SyncFolder("Syncthing", _expanded(folder.get("path", ""), home))


_FINDERS: tuple[Finder, ...] = (_dropbox, _onedrive, _insync, _nextcloud, _syncthing)


def _remotes(home: Home) -> Iterator[tuple[str, str]]:
    """rclone's remotes by name, as far as they are of a cloud that people sync with."""
    remotes = configparser.RawConfigParser(strict=False)
    try:
        remotes.read_string(_read(home, ".config/rclone/rclone.conf"))
    except configparser.Error:
        return
    for name in remotes.sections():
        client = _REMOTES.get(remotes.get(name, "type", fallback=""))
        if client:
            yield name, client


def _expanded(path: str, home: Home) -> str:
    return os.path.join(home.path, path[2:]) if path.startswith("~/") else path


def _read(home: Home, way: str) -> str:
    """The text of a regular file below a home, empty when there is none or it may not be read."""
    try:
        with open(open_regular(os.path.join(home.path, way)), "rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
