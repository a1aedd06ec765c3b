"""Opens NumPy's array files: the header says how the numbers are laid out, what follows is what was recorded."""

from __future__ import annotations

from collections.abc import Iterator

from forensics.decoders.base import Budget, Decoder
from forensics.errors import Malformed
from forensics.model import Artifact, Part

_MAGIC = b"\x93NUMPY"
_BLOCK_BYTES = 1 << 20


class NumpyArray(Decoder):
    """`.npy`, alone or as a member of `.npz` (numpy.lib.format); nothing in it is ever unpickled."""

    def accepts(self, artifact: Artifact) -> bool:
        """The leading bytes say so."""
        return not artifact.is_view and artifact.content.head(len(_MAGIC)) == _MAGIC

    def decode(self, artifact: Artifact, budget: Budget) -> Iterator[Part]:
        """Yield the numbers without the header, which would hide that they are samples."""
        head = artifact.content.head(12)
        size_bytes = 2 if head[6:7] == b"\x01" else 4
        start = 8 + size_bytes + int.from_bytes(head[8 : 8 + size_bytes], "little")
        if len(head) < 12 or start >= artifact.content.size:
            raise Malformed("the header of the array is cut off")
        ends = range(start, artifact.content.size, _BLOCK_BYTES)
        yield Part(name="array", content=budget.collect(artifact.content.pread(_BLOCK_BYTES, at) for at in ends))
