import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.rulebook.identifier_kinds import KINDS, luhn
from forensics.rulebook.identifiers import Searched, find

REAL = {
    "imei": "490154203237518",
    "mac": "a4:83:e7:12:5f:09",
    "serial": "R58M12ABCDE",
    "advertising": "6d92078a-8246-4ba4-ae5b-76104861e7dc",
    "imsi": "262019876543210",
    "iccid": "8949020000012345670",
    "android": "9774d56d682e549c",
    "udid": "00008030-001c2d223a82802e",
    "email": "ines.k@web-host.co.uk",
    "iban": "DE89370400440532013000",
    "phone": "+4930901820331",
    "gps": "+52.5200+013.4050/",
}
LABELS = {kind: KINDS[kind].labels[0] for kind in KINDS}


def with_check_digit(body: str) -> str:
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


def values(kind: str, text: str) -> list[str]:
    return [finding.value for finding in find(kind, text)]


def test_every_kind_has_an_example() -> None:
    assert set(REAL) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "shape",
    [
        '{{"{label}": "{value}"}}',
        "<{label}>{value}</{label}>",
        '<device {label}="{value}"/>',
        '<prop name="{label}" value="{value}"/>',
        '{{"key": "{label}", "value": "{value}"}}',
        "{label}: {value}\n",
        "{label}={value};",
        "{label} no. {value},",
    ],
)
def test_a_value_behind_its_label_is_found(kind: str, shape: str) -> None:
    text = "intro é " + shape.format(label=LABELS[kind].replace(" ", "_"), value=REAL[kind]) + " end"
    found = find(kind, text)
    assert [finding.value for finding in found] == [REAL[kind]]
    assert text[found[0].start : found[0].end] == REAL[kind]
    assert REAL[kind] not in found[0].masked


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_a_column_headed_so_is_found(kind: str, delimiter: str) -> None:
    rows = [["path", LABELS[kind], "text"], ["a.wav", REAL[kind], "hello"], ["b.wav", REAL[kind], "world"]]
    text = "".join(delimiter.join(row) + "\r\n" for row in rows)
    found = find(kind, text)
    assert len(found) == 2
    assert all(text[each.start : each.end] == REAL[kind] for each in found)


@given(st.integers(0, 10**8 - 1), st.sampled_from(["35", "86", "01", "91"]))
def test_an_imei_is_found_without_label(number: int, body: str) -> None:
    imei = with_check_digit(f"{body}4271{number:08d}")
    assert values("imei", f"as heard, {imei} and on") == [imei]
    assert values("imei", f"{imei[:2]}-{imei[2:8]}-{imei[8:14]}-{imei[14]}") != []


@given(st.integers(0, 10**14 - 1), st.integers(1, 9))
def test_a_wrong_check_digit_is_no_imei(number: int, off: int) -> None:
    right = with_check_digit(f"{number:014d}")
    wrong = right[:-1] + str((int(right[-1]) + off) % 10)
    assert values("imei", f'"imei": "{wrong}"') == []


def test_a_column_of_running_numbers_is_no_column_of_devices() -> None:
    lines = [json.dumps({"id": 350000000000000 + 7919 * n}) for n in range(500)]
    assert values("imei", "\n".join(lines)) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("serial", '<trans-unit id="TR-2041-c01">'),
        ("serial", '"serial": "0012", "sn": "clip-0001"'),
        ("serial", '"serial": "2026-11-22"'),
        ("serial", '"device_id": "redacted", "deviceId": "sha256:9f86d081884c7d65"'),
        ("serial", 'msgid "Serial number: %s"'),
        ("serial", "the serial novel of 1999 is out"),
        ("mac", "12:34:56 and 00:11:22:33:44:55"),
        ("mac", "SHA256 fingerprint ab:cd:ef:01:23:45:67:89:ab:cd"),
        ("mac", "ff:ff:ff:ff:ff:ff 00:00:00:00:00:00 01:00:5e:00:00:fb 33:33:00:00:00:01"),
        ("imei", "000000000000000 imei: 111111111111111"),
        ("imei", "0.354271234567890 and v35.427123.456789.0"),
        ("imsi", "262019876543210"),
        ("advertising", '"id": "6d92078a-8246-4ba4-ae5b-76104861e7dc"'),
        ("advertising", '"idfa": "00000000-0000-0000-0000-000000000000"'),
        ("android", '"commit": "9774d56d682e549c"'),
        ("udid", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("iccid", "1893847362718293847"),
    ],
)
def test_ordinary_numbers_stay_quiet(kind: str, text: str) -> None:
    assert values(kind, text) == []


@given(st.text())
def test_any_text_is_survived(text: str) -> None:
    for kind in KINDS:
        for finding in find(kind, text):
            assert text[finding.start : finding.end] == finding.value


ALL_LABELS = [label for kind in KINDS.values() for label in kind.labels]
PIECES = st.sampled_from([*REAL.values(), *ALL_LABELS, '": "', "\t", "\n", ",", " ", "İ", "ß", "\udc80"])


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_mixture_of_labels_and_values_is_survived(text: str) -> None:
    for kind in KINDS:
        for finding in find(kind, text, labels=("ünïcode", "*+?", "", "-x")):
            assert text[finding.start : finding.end] == finding.value


def test_a_flood_is_cut() -> None:
    assert len(find("mac", "mac: a4:83:e7:12:5f:09\n" * 5000)) == 200


@given(st.text(alphabet="0aF:. -gé序\n", max_size=200))
def test_the_stretches_are_all_there_are(text: str) -> None:
    expected = [each.span() for each in re.finditer(r"[0-9A-Fa-f][0-9A-Fa-f:. -]{14,}", text)]
    assert Searched(text).stretches == expected
