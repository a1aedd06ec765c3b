"""Content that an earlier Earwitness kept in clear: sealed at the first start, or destroyed if there is no custodian.

It lay in `content/ab/cdef...`, named by its digest. When all of it is put away the folder is gone.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from forensics.content import Content
from forensics.errors import InputError
from forensics.store.access import fetch_all
from forensics.store.blobs import Blobs, NotKeptError
from forensics.store.custodians import TOO_FEW
from forensics.store.pen import Pen
from forensics.store.retention import DIGEST
from forensics.store.texts import stored

FOLDER = "content"
_CHANGED = "the bytes are not those that were kept"


def put_away(store: Path, blobs: Blobs, pen: Pen) -> int:
    """Seal or destroy every file of the old folder, each a recorded act; returns how many stay, for want of room.

    Raises StoreError.
    """
    folder = store / FOLDER
    if not folder.is_dir():
        return 0
    rows = fetch_all(pen.connection, "SELECT sha256, path FROM content WHERE path GLOB 'content/*'")
    staying = {store / path for sha256, path in rows if not _sealed(store, blobs, pen, sha256, path)}
    for path in [path for path in folder.rglob("*") if not path.is_dir() and path not in staying]:
        with pen.transaction():
            blobs.destroy(str(path.relative_to(store)))
            pen.note("clear content removed", "store", f"{FOLDER}/{path.relative_to(folder)}")
    for place, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(place)
    return len(staying)


def _sealed(store: Path, blobs: Blobs, pen: Pen, sha256: str, path: str) -> bool:
    """Have the row name an envelope, or take it away; False when the file has to stay as it is for now.

    The file itself goes only after that, as one that no row names: what is lost in a crash is never the envelope.
    """
    with pen.transaction():
        try:
            content = Content.at(store / path)
            said = "" if content.sha256 == sha256 else _CHANGED
            relative = "" if said else blobs.put(content)
        except (InputError, NotKeptError) as error:
            if isinstance(error, NotKeptError) and str(error) != TOO_FEW:
                return False
            said = str(error)
        if said:
            pen.connection.execute("DELETE FROM content WHERE sha256 = ?", [stored(sha256)])
            pen.note("content destroyed", f"{DIGEST}{sha256}", f"was kept in clear: {said}")
            return True
        pen.connection.execute("UPDATE content SET path = ? WHERE sha256 = ?", (relative, stored(sha256)))
        pen.note("content sealed", f"{DIGEST}{sha256}", "was kept in clear by an earlier Earwitness")
        return True
