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
    judged by company: a column of numbers of which only every tenth keeps the checksum is not one of devices. `sign` is
    how a bare value is told at a glance; without one it is looked for among digits and letters up to F.
    """

    value: str
    labels: tuple[str, ...]
    is_real: Callable[[str], bool]
    is_bare: Callable[[str], bool] | None = None
    is_checked: bool = False
    sign: str = ""


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


_IBAN_LENGTHS = {
    "AD": 24,
    "AE": 23,
    "AT": 20,
    "BE": 16,
    "BG": 22,
    "BR": 29,
    "CH": 21,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "EE": 20,
    "ES": 24,
    "FI": 18,
    "FR": 27,
    "GB": 22,
    "GR": 27,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IS": 26,
    "IT": 27,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MT": 31,
    "NL": 18,
    "NO": 15,
    "PL": 28,
    "PT": 25,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "TR": 26,
    "UA": 29,
}
_COUNTRY_CODES = re.compile(
    r"1|7|2[07]|2[1-689]\d|3[0-469]|3[578]\d|4[013-9]|42\d|5[1-8]|5[09]\d|6[0-6]|6[7-9]\d|8[1246]|8[0578]\d|9[0-58]|9[679]\d"
)
"""ITU-T E.164, list of assigned country codes."""


def _is_iban(value: str) -> bool:
    """ISO 13616: the length of its country, and 1 modulo 97 with the first four characters last."""
    plain = re.sub(r"\s", "", value)
    if not value[:2].isupper() or _IBAN_LENGTHS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _is_phone(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return 7 <= len(digits) <= 15 and _is_varied(digits, 3) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value)


def _is_bare_phone(value: str) -> bool:
    digits = re.sub(r"\D", "", value)
    return value[0] == "+" and len(digits) >= 9 and bool(_COUNTRY_CODES.match(digits)) and _is_phone(value)


def _is_place(value: str) -> bool:
    numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", value)]
    return bool(numbers) and abs(numbers[0]) <= 180 and any(numbers)


def _is_mail(value: str) -> bool:
    name, _, host = value.rpartition("@")
    return (
        ".." not in value and not name.endswith(".") and not re.fullmatch(r"(?i)(?:png|jpe?g|wav|mp3|ogg)", host[-4:])
    )


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
    "email": Kind(
        value=r"[A-Z0-9](?:[A-Z0-9._%+-]{0,62}[A-Z0-9_%+-])?@[A-Z0-9](?:[A-Z0-9-]{0,61}\.)(?:[A-Z0-9-]{1,63}\.){0,4}[A-Z]{2,24}",
        labels=("email", "e-mail", "mail"),
        is_real=_is_mail,
        is_bare=_is_mail,
        sign="@",
    ),
    "iban": Kind(
        value=r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?",
        labels=("iban",),
        is_real=_is_iban,
        is_bare=_is_iban,
        sign=r"(?<![A-Za-z0-9])[A-Z]{2}\d{2} ?[A-Z0-9]",
    ),
    "phone": Kind(
        value=r"(?:\+|00)?\(?\d(?:[ ().\/-]{0,2}\d){6,14}",
        labels=(
            *("phone", "phone number", "telephone", "tel", "mobile", "cell", "cellphone", "msisdn", "fax", "whatsapp"),
            *("caller", "caller id", "callee", "telefon", "telefonnummer", "handy", "rufnummer", "téléphone"),
            *("numéro de téléphone", "teléfono", "móvil", "telefone", "telemóvel", "celular"),
        ),
        is_real=_is_phone,
        is_bare=_is_bare_phone,
        sign=r"\+[1-9(]",
    ),
    "gps": Kind(
        value=(
            r"[+-]\d{2}(?:\d{2}){0,2}(?:\.\d+)?[+-]\d{3}(?:\d{2}){0,2}(?:\.\d+)?(?:[+-]\d+(?:\.\d+)?)?(?:CRS\w+)?\/"
            r"|geo:-?\d{1,3}(?:\.\d+)?,-?\d{1,3}(?:\.\d+)?"
            r"|\d{1,3}\s?°\s?\d{1,2}\s?['′’](?:\s?\d{1,2}(?:\.\d+)?\s?[\"″”])?\s?[NSEWO]"
            r"|-?\d{1,3}\.\d{3,16}(?:\s?°)?(?:\s?[NS])?(?:\s?[,;\/]\s?|\s)-?\d{1,3}\.\d{3,16}(?:\s?°)?(?:\s?[EWO])?"
            r"|-?\d{1,3}\.\d{3,16}"
        ),
        labels=(
            *("gps", "gps position", "latitude", "longitude", "lat", "lon", "lng", "geo", "location", "coordinates"),
            *("position", "koordinaten", "standort", "breite", "länge", "coordonnées", "ubicación", "localização"),
        ),
        is_real=_is_place,
        is_bare=lambda value: value[-1:] == "/" or value[:4].lower() == "geo:" or "°" in value,
        sign=r"[+-]\d{2,6}(?:\.\d+)?[+-]\d{3}|geo:|\d\s?°",
    ),
}
