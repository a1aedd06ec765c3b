"""Header blocks of HTTP/2 (HPACK, RFC 7541), read as far as that can be from the middle of a connection on."""

from __future__ import annotations

from hpack import Decoder
from hpack.exceptions import HPACKError, InvalidTableIndex
from hpack.table import HeaderTable

TABLE_LIMIT_BYTES = 1 << 16
Fields = list[tuple[bytes, bytes]]
"""Names in lower case and values, in order."""


class _PartialTable(HeaderTable):
    """Gives an empty field for what was put into the table before the reading began."""

    def get_by_index(self, index: int) -> tuple[bytes, bytes]:
        try:
            return super().get_by_index(index)
        except InvalidTableIndex:
            return b"", b""


class FieldReader:
    """Reads the header blocks one side sends, in their order."""

    def __init__(self) -> None:
        self._decoder = _decoder()

    def read(self, block: bytes) -> Fields:
        """The fields of a block but those it refers to that were never seen; none of a broken one."""
        try:
            fields = [(bytes(name), bytes(value)) for name, value in self._decoder.decode(block, raw=True)]
        except (HPACKError, IndexError, ValueError, MemoryError):
            self.forget()
            return []
        return [field for field in fields if field[0]]

    def forget(self) -> None:
        """A block was lost: what the next ones refer to is not known any more."""
        self._decoder = _decoder()


def _decoder() -> Decoder:
    decoder = Decoder(max_header_list_size=TABLE_LIMIT_BYTES)
    decoder.header_table = _PartialTable()
    decoder.max_allowed_table_size = TABLE_LIMIT_BYTES
    return decoder
