"""Which side of a connection is this one."""

from __future__ import annotations

import ipaddress

import pytest

from forensics.errors import ConfigError
from forensics.sensors.network.addresses import LocalSide, own_addresses


def test_the_hosts_own_addresses_are_local() -> None:
    side = LocalSide()
    own = own_addresses()
    assert own
    for text in own:
        assert side.is_local(str(ipaddress.ip_interface(text).ip))
    assert side.is_local("127.3.2.1")
    assert side.is_local("::1")
    assert side.is_local("::ffff:127.0.0.1")


def test_strangers_and_nonsense_are_not() -> None:
    side = LocalSide()
    for text in ("203.0.113.9", "2001:db8::9", "", "example.org", "1.2.3", "\0"):
        assert not side.is_local(text)


def test_configured_networks_are_this_side() -> None:
    side = LocalSide(["203.0.113.0/24", "2001:db8::7"])
    assert side.is_local("203.0.113.9")
    assert side.is_local("2001:db8::7")
    assert not side.is_local("2001:db8::8")


def test_a_bad_network_is_a_configuration_error_that_names_the_key() -> None:
    with pytest.raises(ConfigError, match=r"network\.local"):
        LocalSide(["300.1.2.3/8"])
