"""What this machine can and cannot see, each finding with its mend. Reads the system, changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from forensics import database
from forensics.cage import probe
from forensics.config import Config
from forensics.errors import MissingToolError, StoreError
from forensics.exposure import custodians, kept_elsewhere, memory_folder, selfchecked, soundness, swap
from forensics.finding import Finding, State
from forensics.formats import printed_text
from forensics.reports.records import iso
from forensics.rulebook.editions import IN_FORCE, REFUSED
from forensics.sensors.files.mounts import mounted
from forensics.sensors.files.sync import homes, recognised
from forensics.sensors.network import dumpcap, tap
from forensics.sensors.network.ring import why_not_capture
from forensics.store import reader
from forensics.store.room import Room

GIB = 1 << 30
INOTIFY = Path("/proc/sys/fs/inotify")
ENOUGH_WATCHES = 65_536
ENOUGH_QUEUE = 16_384


def examine(config: Config, store: Path) -> Iterator[Finding]:
    """Look at everything the monitors stand on, most important first."""
    yield _program("tshark", "dissects captures; without it no network channel is seen", "apt install tshark")
    yield _capture(config)
    yield _means_of_capture(config)
    yield from _inotify()
    yield from _folders(config)
    yield from _synced(config)
    yield from _cage()
    yield _sqlite()
    yield _library("libarchive", "archive_version_string", "opens 7z, rar, cab and iso", "apt install libarchive13")
    yield _library("libmagic", "magic_version", "tells types by content", "apt install libmagic1")
    yield _media()
    yield _printed(config)
    yield memory_folder(config, store)
    yield swap()
    yield _space(config, store)
    yield soundness(store)
    yield from rules_in_force(store)
    yield custodians(store)
    yield from kept_elsewhere(config, store, now=time.time())
    yield from selfchecked(config, store, now=time.time())
    yield from _secrets(config)


def _program(name: str, purpose: str, mend: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return Finding(name=name, state="missing", detail=f"not installed: {purpose}", mend=mend)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return Finding(name=name, state="ok", detail=said.partition("\n")[0].strip())


def _printed(config: Config) -> Finding:
    """Whether words in pictures are read, and in which languages."""
    name, known = "words in pictures", printed_text.languages()
    if not config.limits.picture_seconds:
        return Finding(name=name, state="limited", detail="not read", mend="set limits.picture_seconds")
    if not printed_text.is_installed() or not known:
        mend = "apt install tesseract-ocr, and tesseract-ocr-deu and the like"
        return Finding(name=name, state="missing", detail="not read: tesseract is not installed", mend=mend)
    return Finding(name=name, state="ok", detail=f"read in {', '.join(known)}")


def _capture(config: Config) -> Finding:
    interface = config.network.interfaces[0] if config.network.interfaces else "lo"
    obstacle = why_not_capture(interface)
    if obstacle:
        mend = "apt install wireshark-common, then join the group wireshark (dpkg-reconfigure wireshark-common)"
        return Finding(name="live capture", state="missing", detail=obstacle, mend=mend)
    return Finding(name="live capture", state="ok", detail=f"{interface} may be captured on")


def _means_of_capture(config: Config) -> Finding:
    """What would capture: the tap, or dumpcap where the tap cannot."""
    name, interfaces = "captured by", config.network.interfaces or ("lo",)
    try:
        program, _ = dumpcap.command(interfaces, config.network)
    except MissingToolError as error:
        return Finding(name=name, state="missing", detail=str(error), mend="apt install wireshark-common")
    if program == sys.executable:
        detail = f"libpcap itself: packets are read {tap.HAND_OVER_MS} ms after they passed"
        return Finding(name=name, state="ok", detail=detail)
    detail = "dumpcap, which holds packets back for a while"
    mend = "to have them at once, capture on one interface, with libpcap, as root or with CAP_NET_RAW"
    return Finding(name=name, state="limited", detail=detail, mend=mend)


def _inotify() -> Iterator[Finding]:
    for name, enough, meaning in (
        ("max_user_watches", ENOUGH_WATCHES, "folders that can be watched"),
        ("max_queued_events", ENOUGH_QUEUE, "events kept while the monitor is busy"),
    ):
        try:
            value = int((INOTIFY / name).read_text())
        except (OSError, ValueError):
            yield Finding(
                name=f"inotify {name}", state="missing", detail="inotify is not there", mend="use Linux 2.6.13+"
            )
            continue
        state: State = "ok" if value >= enough else "limited"
        mend = "" if state == "ok" else f"sysctl fs.inotify.{name}={enough}"
        yield Finding(name=f"inotify {name}", state=state, detail=f"{value:,} {meaning}", mend=mend)


def _folders(config: Config) -> Iterator[Finding]:
    for folder in config.folders:
        name = f"folder {folder.role}"
        if not folder.path.is_dir():
            yield Finding(name=name, state="missing", detail=f"{folder.path} is not there", mend="mount or make it")
        elif not os.access(folder.path, os.R_OK | os.X_OK):
            yield Finding(name=name, state="missing", detail=f"{folder.path} may not be read", mend="grant read access")
        else:
            yield Finding(name=name, state="ok", detail=str(folder.path))


def _synced(config: Config) -> Iterator[Finding]:
    """The sync clients' folders that are watched by themselves."""
    name = "sync folder"
    if not config.files.sync:
        yield Finding(name=name, state="limited", detail="not looked for", mend="set files.sync to true")
        return
    of = homes()
    hidden = sum(os.path.isdir(home.path) and not os.access(home.path, os.R_OK | os.X_OK) for home in of)
    folders = recognised(of, mounted())
    for folder in folders:
        yield Finding(name=name, state="ok", detail=f"{folder.client}: {folder.path}")
    if hidden:
        detail = f"{hidden} users' homes may not be read: sync clients there are not recognised"
        yield Finding(name=name, state="limited", detail=detail, mend="run as root, or name the folders yourself")
    elif not folders:
        yield Finding(name=name, state="ok", detail="no sync client's folder was recognised")


def _secrets(config: Config) -> Iterator[Finding]:
    """The key logs that TLS is opened with."""
    name = "encrypted traffic"
    if not config.network.keylog:
        yield Finding(
            name=name,
            state="limited",
            detail="TLS is not opened: of what leaves inside it the network channel knows who was called and how much",
            mend="have clients write their secrets (SSLKEYLOGFILE) and name the file as network.keylog",
        )
    for file in config.network.keylog:
        if not file.exists():
            detail, mend = f"{file} is not there: no client has written to it", "set SSLKEYLOGFILE to it for clients"
            yield Finding(name=name, state="limited", detail=detail, mend=mend)
        elif not os.access(file, os.R_OK):
            yield Finding(name=name, state="missing", detail=f"{file} may not be read", mend="grant read access")
        else:
            yield Finding(name=name, state="ok", detail=f"TLS of the clients that write to {file} is opened")


def _cage() -> Iterator[Finding]:
    """What a worker that reads hostile bytes could still do here: one is started, caged as all are, and tries."""
    name = "worker cage"
    try:
        tried = probe.attempt()
    except OSError as error:
        yield Finding(name=name, state="missing", detail=f"no worker could be caged: {error}", mend="report this")
        return
    kept = [what for what, why in tried.items() if why is None]
    yield Finding(name=name, state="ok", detail=f"tried in a worker, it cannot {', '.join(kept)}")
    for what, why in tried.items():
        if why is None:
            continue
        mend = "use Linux 5.13 or newer with seccomp and Landlock enabled (lsm=landlock,...)"
        yield Finding(
            name=name, state="limited", detail=f"a worker could {what}: {why or 'not kept from it'}", mend=mend
        )


def rules_in_force(store: Path) -> Iterator[Finding]:
    """Which rules the monitor had in force last, and whether it refused others since."""
    try:
        connection = reader.open_reader(store)
    except StoreError:
        return
    try:
        act = reader.latest_act(connection, IN_FORCE, REFUSED)
    finally:
        connection.close()
    if act is None:
        return
    detail = f"{iso(act.time)}: {act.detail}"
    if act.action == REFUSED:
        mend = "mend the pack (earwitness rules lint, rules test); it is tried again when it changes, or on SIGHUP"
        yield Finding(name="rules", state="limited", detail=detail, mend=mend)
    else:
        yield Finding(name="rules", state="ok", detail=detail)


def _sqlite() -> Finding:
    release = database.version()
    if database.is_wal_safe(release):
        return Finding(name="SQLite", state="ok", detail=f"{release}, free of the write-ahead-log reset bug")
    detail = f"{release} can corrupt a write-ahead log"
    return Finding(name="SQLite", state="missing", detail=detail, mend="pip install 'pysqlite3>=0.6.1'")


def _library(name: str, symbol: str, purpose: str, mend: str) -> Finding:
    import ctypes
    import ctypes.util

    path = ctypes.util.find_library(name.removeprefix("lib"))
    if path is None:
        return Finding(name=name, state="missing", detail=f"not installed: {purpose}", mend=mend)
    function = getattr(ctypes.CDLL(path), symbol)
    if symbol.endswith("string"):
        function.restype = ctypes.c_char_p
        return Finding(name=name, state="ok", detail=function().decode())
    return Finding(name=name, state="ok", detail=f"version {function()}")


def _media() -> Finding:
    import av

    versions = av.library_versions.get("libavcodec", ())
    detail = f"PyAV {av.__version__}, libavcodec {'.'.join(str(part) for part in versions)}; SILK is not decoded"
    return Finding(name="audio decoding", state="ok", detail=detail)


def _space(config: Config, store: Path) -> Finding:
    place = store
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    detail = f"{free / GIB:.1f} GiB free for the store"
    if words := Room(place, config.keep).words_now():
        return Finding(name="free space", state="missing", detail=f"{detail}; {words}", mend="make room at once")
    if free < GIB:
        return Finding(name="free space", state="limited", detail=detail, mend="make room or move the store")
    return Finding(name="free space", state="ok", detail=detail)
