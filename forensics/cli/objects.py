"""`earwitness objects`: every file object that crossed the wire in captures, matched or not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from forensics.cli.keylog import keylog_option, readable, with_keylogs
from forensics.cli.render import json_line, opaque_line, opaque_record
from forensics.config import Network
from forensics.errors import CaptureError, InputError
from forensics.interception import objects_of
from forensics.model import Direction, Gap, Opaque, WireObject
from forensics.reports.records import iso
from forensics.text_safety import visible
from forensics.wire.deep import BROKEN, DISSECTOR_DIED

NAME_BYTES = 120
_KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._- ()[]+,=@")


@click.command()
@click.argument("captures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="One JSON object a line.")
@click.option("--out", "folder", type=click.Path(path_type=Path, file_okay=False), help="Write the objects here.")
@click.option("--flows", "is_flows", is_flag=True, help="Also list connections that were not read, with their bytes.")
@click.option("--direction", type=click.Choice(["up", "down"]), help="Only objects that went so; half the work.")
@keylog_option
@click.pass_context
def objects(
    context: click.Context,
    *,
    captures: tuple[Path, ...],
    is_json: bool,
    folder: Path | None,
    is_flows: bool,
    direction: str | None,
    keylogs: tuple[Path, ...],
) -> None:
    """List every file object that crossed the wire in CAPTURES, and write them out if asked.

    What could not be seen is said on stderr; a capture that breaks off ends with the exit code of a capture
    error after everything readable was printed.
    """
    settings = with_keylogs(context.obj.config.network if context.obj else Network(), readable(keylogs))
    failures: list[CaptureError] = []
    wanted = [Direction(direction)] if direction else list(Direction)
    for capture in captures:
        try:
            for found in objects_of(capture, settings=settings, wanted=wanted):
                if isinstance(found, Gap):
                    _say(capture, found)
                    if found.cause in (BROKEN, DISSECTOR_DIED):
                        failures.append(CaptureError(f"{capture}: {found.cause}"))
                    continue
                if isinstance(found, Opaque):
                    if is_flows:
                        _print_flow(capture, found, is_json=is_json)
                    continue
                _print(capture, found, is_json=is_json)
                if folder:
                    _write(folder, found)
        except CaptureError as error:
            click.echo(f"earwitness: {visible(str(error))}", err=True)
            failures.append(error)
    if failures:
        context.exit(failures[0].exit_code)


def record(capture: Path, found: WireObject) -> dict[str, Any]:
    """An object as the command line promises it."""
    return {
        "capture": str(capture),
        "protocol": found.protocol,
        "direction": found.direction.value,
        "name": found.name,
        "size": found.content.size,
        "sha256": found.content.sha256,
        "missing_bytes": found.missing_bytes,
        "source": found.source,
        "destination": found.destination,
        "time": iso(found.time),
    }


def safe_name(found: WireObject) -> str:
    """A file name made from the digest and what is harmless of the object's own name."""
    last = found.name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(char if char in _KEPT else "_" for char in last).strip(". ")
    return f"{found.content.sha256[:16]}-{kept[-NAME_BYTES:].lstrip('.') or 'object'}"


def _print(capture: Path, found: WireObject, *, is_json: bool) -> None:
    if is_json:
        json_line(record(capture, found))
        return
    missing = f"  {found.missing_bytes} bytes missing" if found.missing else ""
    click.echo(
        f"{iso(found.time)}  {found.protocol:<9} {found.direction.value:<4} {found.content.size:>12}  "
        f"{found.content.sha256[:16]}  {found.source} > {found.destination}  {visible(found.name) or '-'}{missing}"
    )


def _print_flow(capture: Path, found: Opaque, *, is_json: bool) -> None:
    if is_json:
        json_line({"capture": str(capture)} | opaque_record(found))
    else:
        click.echo(f"not read  {opaque_line(found)}")


def _write(folder: Path, found: WireObject) -> None:
    """Write the bytes under the safe name, never through a link. Raises InputError when that cannot be done."""
    target = folder / safe_name(found)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as stream:
            for chunk in found.content.chunks():
                stream.write(chunk)
    except OSError as error:
        raise InputError(f"{target}: {error.strerror}") from error


def _say(capture: Path, gap: Gap) -> None:
    size = f", {gap.size} {gap.unit}" if gap.size >= 0 else ""
    detail = f" ({gap.detail})" if gap.detail else ""
    click.echo(f"earwitness: {visible(f'{capture}: {gap.cause}{size}{detail}')}", err=True)
