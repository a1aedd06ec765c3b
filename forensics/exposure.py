"""Where what is examined could come to lie in clear, and for whom what is kept of it is sealed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from forensics import ways
from forensics.config import MIB, Config
from forensics.errors import CaptureError, StoreError
from forensics.finding import Finding
from forensics.reports.records import iso
from forensics.sealing.custodian import Custodian
from forensics.sensors.network import ringfolder
from forensics.store import damage, reader, standing, witnesses
from forensics.store.canaries import FOUND
from forensics.store.custodians import ADDED, SUBJECT, Custodians
from forensics.store.schema import FILE_NAME

GIB = 1 << 30
SWAPS = Path("/proc/swaps")
LATE_S = 3600.0
"""Since when a head was signed that a witness does not know of."""


def memory_folder(config: Config, store: Path) -> Finding:
    """Where captured packets lie, which hold clear audio: in memory, with room for the ring."""
    name = "memory folder"
    wanted = config.network.ring_file_mib * config.network.ring_files * MIB
    try:
        folder = ringfolder.place(store, config.network.ring_folder).parent
        free = shutil.disk_usage(folder).free
    except (CaptureError, OSError) as error:
        mend = "mount a tmpfs and name it as network.ring_folder"
        return Finding(name=name, state="missing", detail=f"nowhere for captured packets: {error}", mend=mend)
    if not ringfolder.is_in_memory(str(folder.resolve())):
        detail = f"{folder} is on a disk: captured packets are written there, with the audio in them"
        return Finding(name=name, state="limited", detail=detail, mend="leave network.ring_folder out, or name a tmpfs")
    detail = f"{folder} with {free / GIB:.1f} GiB free for the ring"
    if free < 2 * wanted:
        mend = f"make room for {2 * wanted / GIB:.1f} GiB, or lower network.ring_files"
        return Finding(name=name, state="limited", detail=f"{detail}, which is then smaller", mend=mend)
    return Finding(name=name, state="ok", detail=detail)


def swap() -> Finding:
    """Memory that holds clear audio may be written there."""
    name, clear = "swap", [place for place in _swaps() if not _is_closed(place)]
    if not clear:
        return Finding(name=name, state="ok", detail="memory is not written to a disk in clear")
    detail = f"memory, with what is examined, may be written in clear to {', '.join(clear)}"
    return Finding(name=name, state="limited", detail=detail, mend="encrypt it, use zram, or turn it off (swapoff)")


def _swaps() -> list[str]:
    try:
        return [line.split()[0] for line in SWAPS.read_text().splitlines()[1:]]
    except OSError:
        return []


def _is_closed(place: str) -> bool:
    """Say whether it is memory itself, or a device that dm-crypt encrypts."""
    device = Path(place).resolve().name
    with suppress(OSError):
        return (Path("/sys/block") / device / "dm" / "uuid").read_text().startswith("CRYPT-")
    return device.startswith("zram")


def custodians(store: Path) -> Finding:
    """Who can open what is kept; without two of them nothing is."""
    known = Custodians(store)
    if why_not := known.why_not():
        mend = "have two people or more make keys (earwitness custodian new), then earwitness custodian add FILE.pub"
        return Finding(name="custodians", state="limited", detail=f"content is not kept: {why_not}", mend=mend)
    try:
        strangers = [person for person in known.all() if not _is_logged(store, person)]
    except StoreError as error:
        detail = f"whether they were added by a command cannot be told: {error}"
        return Finding(name="custodians", state="limited", detail=detail, mend="earwitness verify")
    if strangers:
        named = ", ".join(f"{person.name} ({person.fingerprint})" for person in strangers)
        detail = f"content is sealed for {named} too, whom nobody added by a command"
        mend = "find out who put the file there; earwitness custodian remove takes it away"
        return Finding(name="custodians", state="missing", detail=detail, mend=mend)
    names = ", ".join(person.name for person in known.all())
    return Finding(name="custodians", state="ok", detail=f"content is sealed for {names}; two of them can open it")


def kept_elsewhere(config: Config, store: Path, *, now: float) -> Iterator[Finding]:
    """Who keeps signed heads off this machine, and whether they know the newest."""
    name = "witnesses of heads"
    if not config.custody.witnesses:
        detail = "whoever takes this machine over could write its evidence anew: nobody else keeps signed heads"
        yield Finding(name=name, state="limited", detail=detail, mend="set custody.witnesses to a share or an address")
        return
    if not (store / FILE_NAME).exists():
        return
    try:
        connection = reader.open_reader(store)
    except StoreError as error:
        yield Finding(name=name, state="missing", detail=str(error), mend="earwitness verify; earwitness salvage")
        return
    try:
        for witness in config.custody.witnesses:
            late = [head for head in witnesses.untold(connection, witness, limit=1) if now - head.time > LATE_S]
            since = datetime.fromtimestamp(late[0].time, UTC).isoformat(timespec="seconds") if late else ""
            detail = f"{witness}: was told of no head since {since}" if late else f"{witness}: knows of every head"
            mend = "earwitness heads --push says why" if late else ""
            yield Finding(name=name, state="limited" if late else "ok", detail=detail, mend=mend)
    finally:
        connection.close()


def selfchecked(config: Config, store: Path, *, now: float) -> Iterator[Finding]:
    """Whether what is sent to try the sensors is seen: the last canary of each sensor and channel."""
    name = "self-check"
    if not config.selfcheck.every_hours:
        detail = "no canaries are sent by themselves: that a sensor sees nothing is not told from that nothing leaves"
        mend = "set selfcheck.every_hours, or run earwitness selfcheck send"
        yield Finding(name=name, state="limited", detail=detail, mend=mend)
    try:
        connection = reader.open_reader(store)
    except StoreError:
        return
    try:
        found = standing.selfcheck(connection)
    finally:
        connection.close()
    for each in found.missed:
        mend = "earwitness selfcheck send tries again; see the gap, the sensor's health and its settings"
        detail = f"the last canary {ways.words(each.channel)} was missed by {each.sensor}: {each.last.reason}"
        yield Finding(name=name, state="missing", detail=detail, mend=mend)
    if found.standings and not found.missed:
        seen = sum(each.last.outcome == FOUND for each in found.standings)
        detail = f"the last canaries of {seen} of {len(found.standings)} sensors and channels were seen"
        yield Finding(name=name, state="ok" if seen == len(found.standings) else "limited", detail=detail)
    if found.next is not None and now - found.next > LATE_S:
        detail = f"canaries were due {iso(found.next)} and were not sent"
        yield Finding(name=name, state="limited", detail=detail, mend="is earwitness watch running?")


def soundness(store: Path) -> Finding:
    """Whether the store can be read, and whether one that could not lies beside."""
    name = "evidence store"
    try:
        why = damage.why_damaged(store)
    except StoreError as error:
        return Finding(name=name, state="missing", detail=str(error), mend="see the message")
    if why:
        mend = "earwitness put-aside begins a new one (watch does so itself), then earwitness salvage FOLDER"
        return Finding(name=name, state="missing", detail=f"damaged: {why}", mend=mend)
    if left := damage.aside(store):
        detail = f"a damaged one lies in {left[-1]}; nothing unnamed is destroyed meanwhile"
        mend = f"earwitness salvage {left[-1]}, then move that folder away"
        return Finding(name=name, state="limited", detail=detail, mend=mend)
    return Finding(name=name, state="ok", detail="a quick look found no damage; earwitness verify looks at all of it")


def _is_logged(store: Path, person: Custodian) -> bool:
    """Say whether the log tells that these keys were added. Raises StoreError."""
    connection = reader.open_reader(store)
    try:
        acts = reader.custody(connection, f"{SUBJECT}{person.name}")
    finally:
        connection.close()
    return bool(acts) and acts[-1].action == ADDED and person.fingerprint in acts[-1].detail
