"""Socket owners, with real sockets and real processes."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys

from forensics.sensors.network.owners import SocketOwners

CLIENT = """
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    sys.stdin.read()
"""


def test_a_connection_of_our_own_names_us() -> None:
    owners = SocketOwners(host="ws-7")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        owner = owners.owner(*client.getsockname())
    assert (owner.host, owner.pid, owner.method) == ("ws-7", os.getpid(), "socket inode")
    assert owner.user == pwd.getpwuid(os.getuid()).pw_name
    assert owner.process


def test_an_owner_is_remembered_after_its_process_ended() -> None:
    owners = SocketOwners()
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        address, port, *_ = server.getsockname()
        client = subprocess.Popen([sys.executable, "-c", CLIENT, address, str(port)], stdin=subprocess.PIPE)
        connection, peer = server.accept()
        owners.sample()
        connection.close()
        client.communicate()
    owner = owners.owner(peer[0], peer[1])
    assert (owner.pid, owner.method) == (client.pid, "socket inode")


def test_the_sampler_sees_connections_by_itself_and_stops() -> None:
    owners = SocketOwners(every_s=0.02)
    owners.start()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert owners.owner(*client.getsockname()).pid == os.getpid()
    owners.stop()


def test_a_datagram_socket_bound_to_any_address_is_found() -> None:
    owners = SocketOwners()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("", 0))
        owner = owners.owner("127.0.0.1", sender.getsockname()[1], protocol="udp")
    assert owner.pid == os.getpid()


def test_what_was_never_seen_is_unknown() -> None:
    owner = SocketOwners(host="ws-7").owner("192.0.2.1", 1)
    assert (owner.host, owner.user, owner.pid, owner.method) == ("ws-7", "", 0, "unknown")


def test_what_is_old_is_forgotten() -> None:
    owners = SocketOwners(remember_s=0.0)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        end = client.getsockname()
        owners.sample()
    client.close()
    server.close()
    assert owners.owner(*end).pid == 0
