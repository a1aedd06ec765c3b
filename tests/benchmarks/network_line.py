"""A bad line between two addresses of one machine: a share of what passes is lost, late or repeated, for both sides.

Two tun devices, each the only way to the address of the other, and a thread that carries packets between them. To be
used in a network namespace of its own (`unshare --net`), for the rules by which machines find themselves are changed.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HERE, THERE = "10.66.0.1", "10.66.0.2"
DEVICES = ("bad0", "bad1")
LOSS, DISORDER, REPEATS = 0.01, 0.05, 0.01
LATE_S = (0.001, 0.004)
_TUNSETIFF, _TUN, _BARE = 0x400454CA, 0x0001, 0x1000
_LOCAL_TABLE, _LAST = "local", "30000"


@contextmanager
def bad_line(seed: int) -> Iterator[None]:
    """Carry packets between HERE and THERE as long as this lasts."""
    ends = [device(name) for name in DEVICES]
    stop = threading.Event()
    set_up()
    carrier = threading.Thread(target=carry, args=(ends, random.Random(seed), stop), daemon=True)
    carrier.start()
    try:
        yield
    finally:
        stop.set()
        carrier.join()
        for end in ends:
            os.close(end)
        ip(f"rule add pref 0 lookup {_LOCAL_TABLE}")
        for rule in ("pref 10", "pref 10", "pref 20", "pref 20", f"pref {_LAST}"):
            ip(f"rule del {rule}")


def device(name: str) -> int:
    """A tun device by its open file."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN | _BARE))
    return end


def set_up() -> None:
    """Send each address out by a device, though it is this machine's own, and take it in by the other."""
    ip("link set lo up")
    for mine, other, name, table in ((HERE, THERE, DEVICES[0], 100), (THERE, HERE, DEVICES[1], 101)):
        ip(f"addr add {mine}/32 dev {name}")
        ip(f"link set {name} up")
        for setting, value in (("accept_local", 1), ("rp_filter", 0)):
            with open(f"/proc/sys/net/ipv4/conf/{name}/{setting}", "w", encoding="ascii") as stream:
                stream.write(str(value))
        ip(f"route add {other} dev {name} src {mine} table {table}")
        ip(f"rule add pref 10 iif {name} lookup {_LOCAL_TABLE}")
        ip(f"rule add pref 20 to {other} lookup {table}")
    ip(f"rule add pref {_LAST} lookup {_LOCAL_TABLE}")
    ip(f"rule del pref 0 lookup {_LOCAL_TABLE}")


def ip(command: str) -> None:
    subprocess.run(["ip", *command.split()], check=True, capture_output=True)


def carry(ends: list[int], rng: random.Random, stop: threading.Event) -> None:
    """Carry packets from each device to the other, some of them late, twice or not at all."""
    late: list[tuple[float, int, int, bytes]] = []
    number = 0
    while not stop.is_set():
        ready, _, _ = select.select(ends, [], [], 0.001 if late else 0.05)
        for end in ready:
            packet, target, number = os.read(end, 1 << 16), ends[1 - ends.index(end)], number + 1
            chance = rng.random()
            if chance < LOSS:
                continue
            if chance < LOSS + DISORDER:
                heapq.heappush(late, (time.monotonic() + rng.uniform(*LATE_S), number, target, packet))
                continue
            send(target, packet)
            if chance > 1 - REPEATS:
                send(target, packet)
        while late and late[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(late)
            send(target, packet)


def send(target: int, packet: bytes) -> None:
    """Put a packet into a device; one that is full loses it, as queues do."""
    try:
        os.write(target, packet)
    except BlockingIOError:
        return
