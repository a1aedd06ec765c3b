"""Any bytes in any format of packages and texts end in a report of their decoder, never in an error of its own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.config import Limits
from forensics.formats.timed_lines import KINDS
from forensics.formats.xml_segments import SHAPES
from tests.decoders.opening import opened
from tests.formats.writers.bilingual import BILINGUAL
from tests.formats.writers.listed import LISTED
from tests.formats.writers.package import package
from tests.formats.writers.packed import PACKED
from tests.formats.writers.timed import TIMED

TYPES = sorted(
    KINDS
    | set(SHAPES)
    | {
        *("application/x-xliff+xml", "application/x-tmx+xml", "application/x-translation-project+xml"),
        *("application/xml", "application/x-tbx+xml", "text/x-clip-list", "text/csv", "text/tab-separated-values"),
        *("application/json", "application/x-ndjson", "text/x-gettext-translation", "application/x-subrip", "text/vtt"),
    }
)
FORMATS = {**BILINGUAL, **LISTED, **PACKED, **TIMED}
SMALL = Limits(text_mib=1)


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_noise_of_any_kind(kind: str, data: bytes) -> None:
    opened(data, kind=kind, limits=SMALL)


@pytest.mark.parametrize("name", FORMATS)
@given(changes=st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=3)), max_size=4), cut=st.integers(0, 5000))
@settings(max_examples=25, deadline=None)
def test_damage_of_any_file(name: str, changes: list[tuple[int, bytes]], cut: int) -> None:
    file, writer = FORMATS[name]
    written = writer(package("ja", clips=2))
    data = bytearray(written if isinstance(written, bytes) else written.encode())
    for at, noise in changes:
        data[at % len(data) : at % len(data) + 1] = noise
    opened(bytes(data[: len(data) - cut % len(data)]), file, limits=SMALL)
