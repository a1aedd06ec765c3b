"""The ways out as people name them: what a policy, a rule or a query calls a channel, and how an alert words it.

The one place that says which channels are versions of one protocol: `http` names HTTP/2 and HTTP/3 too, while `http2`
names only that one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

VERSIONS: Mapping[str, str] = {"http2": "http", "http3": "http"}
"""The protocol each of these channels is a version of."""
WORDS: Mapping[str, str] = {
    "removable": "to a removable medium",
    "cloud_sync": "to a cloud-sync folder",
    "share": "to a network share",
    "outbox": "to an outbox",
    "file": "found by a scan",
    "issue": "as it was issued",
    "selfcheck": "in the self-check",
    "http": "by HTTP",
    "websocket": "by WebSocket",
    "smtp": "by mail",
    "imap": "to a mailbox",
    "ftp": "by FTP",
    "tftp": "by TFTP",
    "smb": "to a network share",
    "nfs": "to a network share",
    "dcc": "by IRC",
    "sip": "by SIP",
    "rtp": "in a call",
    "tcp": "over bare TCP",
    "tls": "over TLS",
    "quic": "over QUIC",
    "udp": "over bare UDP",
    "dns-tunnel": "through a DNS tunnel",
    "icmp-tunnel": "through an ICMP tunnel",
}


def family(channel: str) -> str:
    """The protocol a channel is a version of, or the channel itself."""
    return VERSIONS.get(channel, channel)


def is_among(channel: str, names: Collection[str]) -> bool:
    """Say whether one of the names means a channel: its own, or its family's."""
    return channel in names or family(channel) in names


def words(channel: str) -> str:
    """The way out as part of a sentence: `by mail`, `to a removable medium`."""
    return WORDS.get(family(channel), f"by {channel}")
