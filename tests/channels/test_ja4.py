"""JA4 against the examples of its specification."""

import pytest

from forensics.channels.ja4 import ja4
from forensics.channels.tls_hello import ClientHello, is_grease


def numbers(listed):
    return tuple(int(each, 16) for each in listed.split(","))


CIPHERS = numbers("1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035")
EXTENSIONS = numbers("001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015")
SIGNATURES = numbers("0403,0804,0401,0503,0805,0501,0806,0601")


def hello(**changed):
    fields = {
        "version": 0x0303, "random": bytes(32), "ciphers": CIPHERS, "extensions": EXTENSIONS, "alpn": (b"h2",),
        "versions": (0x0304, 0x0303), "signatures": SIGNATURES, **changed,
    }  # fmt: skip
    return ClientHello(**fields)


def test_the_example_of_the_specification():
    assert ja4(hello()) == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert ja4(hello(), "q").startswith("q13d1516h2_")


def test_values_that_are_to_be_ignored_are():
    padded = hello(
        ciphers=(0x0A0A, *CIPHERS), extensions=(0xFAFA, *EXTENSIONS, 0x1A1A), versions=(0x7A7A, 0x0304, 0x0303)
    )
    assert ja4(padded) == ja4(hello())
    assert not any(map(is_grease, (*CIPHERS, *EXTENSIONS)))


def test_without_signature_algorithms_the_extensions_stand_alone():
    assert ja4(hello(signatures=())).endswith("_6d807ffa2a79")


def test_empty_lists_are_said_to_be():
    assert ja4(hello(ciphers=(), extensions=(), alpn=(), versions=(), signatures=())) == (
        "t12i000000_000000000000_000000000000"
    )


@pytest.mark.parametrize(
    ("first", "shown"),
    [(b"\xab", "ab"), (b"\xab\xcd", "ad"), (b"\x30\xab", "3b"), (b"\x30\x31\xab\xcd", "3d"), (b"0\xab\xcd1", "01"),
     (b"http/1.1", "h1"), (b"x", "xx"), (b"", "00")],
)  # fmt: skip
def test_the_first_protocol_is_shown_by_its_ends(first, shown):
    assert ja4(hello(alpn=(first, b"h2")))[8:10] == shown


@pytest.mark.parametrize(
    ("transport", "version", "versions", "shown"),
    [("t", 0x0301, (), "10"), ("t", 0x0300, (), "s3"), ("t", 2, (), "s2"), ("t", 0x9999, (), "00"),
     ("d", 0xFEFD, (), "d2"), ("d", 0xFEFD, (0xFEFC, 0xFEFD), "d3"), ("d", 0xFEFF, (), "d1")],
)  # fmt: skip
def test_versions(transport, version, versions, shown):
    assert ja4(hello(version=version, versions=versions), transport)[1:3] == shown


def test_counts_stop_at_two_digits():
    assert ja4(hello(ciphers=tuple(range(0x100, 0x180))))[4:6] == "99"
