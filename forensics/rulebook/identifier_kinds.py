"""The kinds of numbers that name a device or a subscriber: shape, checksum and the labels they go by.

IMEI: 3GPP TS 23.003 annex B; ICCID: ITU-T E.118; MAC: IEEE 802; the check digit of the first two is Luhn's
(ISO/IEC 7812-1 annex B).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_REPORTING_BODIES = ("01", "35", "86", "91", "98", "99")  # which begin the IMEI of nearly every handset in use


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of identifier: what its value looks like, the labels it goes by and which values are real.

    `is_bare` says which values count without a label, None that none do. A bare kind with a checksum is also
    judged by company: a column of numbers of which only every tenth keeps the checksum is not one of devices.
    """

    value: str
    labels: tuple[str, ...]
    is_real: Callable[[str], bool]
    is_bare: Callable[[str], bool] | None = None
    is_checked: bool = False


def luhn(digits: str) -> bool:
    """Say whether the last digit is Luhn's check digit of the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_varied(text: str, least: int = 4) -> bool:
    return len(set(text.lower())) >= least


def _is_imei(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return _is_varied(digits) and (len(digits) == 16 or luhn(digits))


def _is_bare_imei(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return len(digits) == 15 and digits.startswith(_REPORTING_BODIES) and _is_imei(value)


def _is_mac(value: str) -> bool:
    octets = bytes.fromhex(re.sub(r"[^0-9A-Fa-f]", "", value))
    return not octets[0] & 1 and len(set(octets)) > 2


def _is_bare_mac(value: str) -> bool:
    return value[2] in ":-" and bool(re.search("[A-Fa-f]", value)) and _is_mac(value)


def _is_serial(value: str) -> bool:
    letters, digits = re.findall("[A-Za-z]", value), re.findall(r"\d", value)
    is_date = re.match(r"\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4}", value)
    is_counter = re.fullmatch(r"[A-Za-z]*\d{0,4}(?:-[A-Za-z]*\d{0,4})*", value)
    return not is_date and not is_counter and (bool(letters) or len(digits) >= 8) and _is_varied(value) and bool(digits)


def _is_iccid(value: str) -> bool:
    return _is_varied(value) and (len(value) == 18 or luhn(value))


KINDS: dict[str, Kind] = {
    "imei": Kind(
        value=r"\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d{1,2}",
        labels=("imei", "imeisv"),
        is_real=_is_imei,
        is_bare=_is_bare_imei,
        is_checked=True,
    ),
    "mac": Kind(
        value=r"[0-9A-F]{2}(?::[0-9A-F]{2}){5}|[0-9A-F]{2}(?:-[0-9A-F]{2}){5}|[0-9A-F]{4}(?:\.[0-9A-F]{4}){2}|[0-9A-F]{12}",
        labels=("mac", "mac address", "bluetooth", "wifi mac", "wlan", "bssid", "ethernet", "hwaddr"),
        is_real=_is_mac,
        is_bare=_is_bare_mac,
    ),
    "serial": Kind(
        value=r"[A-Z0-9][A-Z0-9-]{4,38}[A-Z0-9]",
        labels=(
            "serial",
            "s/n",
            "sn",
            "seriennummer",
            "numéro de série",
            "número de serie",
            "device id",
            "hardware id",
            "geräte-id",
            "machine id",
        ),
        is_real=_is_serial,
    ),
    "advertising": Kind(
        value=r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}",
        labels=(
            "idfa",
            "idfv",
            "gaid",
            "aaid",
            "adid",
            "ifa",
            "ad id",
            "advertising id",
            "advertising identifier",
            "advertising tracking id",
        ),
        is_real=_is_varied,
    ),
    "imsi": Kind(
        value=r"[2-7]\d{13,14}",
        labels=("imsi", "subscriber id"),
        is_real=_is_varied,
    ),
    "iccid": Kind(
        value=r"89\d{16,18}",
        labels=("iccid", "icc id", "sim serial", "sim card", "sim"),
        is_real=_is_iccid,
        is_bare=lambda value: len(value) > 18 and _is_iccid(value),
        is_checked=True,
    ),
    "android": Kind(
        value=r"[0-9A-F]{15,16}",
        labels=("android id", "ssaid"),
        is_real=_is_varied,
    ),
    "udid": Kind(
        value=r"[0-9A-F]{40}|0000[0-9A-F]{4}-[0-9A-F]{16}",
        labels=("udid", "device id", "unique device identifier"),
        is_real=_is_varied,
        is_bare=lambda value: "-" in value and _is_varied(value),
    ),
}
