"""Which zones are used to carry content out: told by the shape of the names asked for, not by how they are coded.

What counts is what a name adds that was not asked before, and how little of it deflate can take away: a zone that
is looked up answers for few names or for names that are alike, a tunnel needs a new and dense name for every query.
The figures are per client and zone within `WINDOW_S`; `carried` is the deflated size of the new names.

| names                         | mean length  | carried from |
|-------------------------------|--------------|--------------|
| of types nobody asks for      | any          | 512 B        |
| filled: tunnels use the room  | 90 and more  | 2 KiB        |
| long: one or two full labels  | 40 and more  | 16 KiB       |
| of the length of a host's     | 20 and more  | 64 KiB       |

Lists of bad hashes and addresses, keys of mail senders and the like also have long and dense names. They say so: with
"no such name", with an address in 127/8, or with a label that names the service. Where most names are of that kind,
four times as much must be carried, unless names are filled. Names under `arpa` are addresses as long as no label is
longer than three characters, and count nothing.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict, deque

from forensics.channels.base import End, Peers
from forensics.channels.desk import Desk, Shelf
from forensics.channels.dns_messages import NO_SUCH_NAME, NULL, PRIVATE, A, Labels, Message
from forensics.channels.draft import Draft
from forensics.model import Direction

WINDOW_S = 3600.0
"""After this a zone that is no tunnel starts from nothing."""
IDLE_S = 600.0
"""A tunnel is over when nothing was asked for this long."""
SPAN_S = 900.0
"""What a tunnel has carried is laid down at least this often."""
CONTENT_BYTES = 1 << 20
"""Names kept of one span; what goes beyond counts as missing."""
HELD_BYTES = 1 << 16
"""Names held of a zone that is no tunnel yet, in bytes; the latest stay."""
ZONES_LIMIT = 4096
ALL_HELD_BYTES = 16 << 20
REMEMBERED_NAMES = 4096
BATCH_BYTES = 4096

ODD_CARRIED_BYTES = 512
CARRIED_BYTES = ((90.0, 2 << 10), (40.0, 16 << 10), (20.0, 64 << 10))
"""Mean length of the new names, and what they must carry."""
FILLED_LENGTH = 90.0
LOOKUP_FACTOR = 4

_ODD_KINDS = frozenset({NULL, PRIVATE})
_SECOND_LEVEL = frozenset(b"co com org net gov ac edu or ne go gob gouv nom mil".split())
_SERVICES = frozenset(b"_domainkey _dmarc _spf _tcp _udp _report _mta-sts _smtp _acme-challenge".split())


class Zone:
    """What one client asked of one zone, and what a tunnel through it carried up."""

    def __init__(self, desk: Desk, ends: tuple[End, End], suffix: Labels, time: float) -> None:
        self._desk = desk
        self._ends = ends
        self._suffix = suffix
        self._common: Labels | None = None
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._held: deque[tuple[float, bytes]] = deque()
        self._draft: Draft | None = None
        self._pieces = 0
        (client, port), zone = ends[0], b".".join(suffix).decode("latin-1")
        self._key = f"dns-tunnel/{client}:{port}/{zone}@{time:.6f}"
        self.held_bytes = 0
        self.time = time
        self.is_tunnel = False
        self._batch: list[bytes] = []
        self._since = time
        self._names = self._odd = self._lookups = self._letters = self._carried = self._batched = 0

    @property
    def peers(self) -> Peers:
        """Who asked first, and whom."""
        return Peers(key=self._key, ends=self._ends)

    def ask(self, name: Labels, kind: int, time: float) -> None:
        """Take the labels of a query that stand before the zone."""
        self.time = time
        if not self.is_tunnel and time - self._since > WINDOW_S:
            self._restart(time)
        text = b".".join(name)
        if not text or (self._suffix[-1:] == (b"arpa",) and max(map(len, name)) <= 3):
            return
        key = hash(text)
        if key in self._seen:
            return
        self._seen[key] = None
        if len(self._seen) > REMEMBERED_NAMES:
            self._seen.popitem(last=False)
        self._narrow(name)
        self._names += 1
        self._odd += kind in _ODD_KINDS
        self._lookups += not _SERVICES.isdisjoint(map(bytes.lower, name))
        self._keep(text, time)
        self._batch.append(text)
        self._batched += len(text)
        if self._batched >= (ODD_CARRIED_BYTES if 2 * self._odd > self._names else BATCH_BYTES):
            self.weigh()

    def answer(self, message: Message) -> None:
        """Take note of what was answered: a look-up, or anything."""
        first = message.answers[0] if message.answers else None
        is_listed = first is not None and first.kind == A and first.data[:1] == b"\x7f"
        if message.code == NO_SUCH_NAME or is_listed:
            self._lookups += 1

    def confess(self) -> None:
        """Its messages are those of a known tunnel."""
        self.is_tunnel = True
        self._lay_held()

    def weigh(self) -> None:
        """Deflate what is new and see whether it has become too much."""
        if not self._batched:
            return
        self._letters += self._batched
        self._carried += len(zlib.compress(b"\n".join(self._batch), 6))
        self._batch, self._batched = [], 0
        if not self.is_tunnel and self._is_shaped():
            self.confess()

    def lay_down(self) -> None:
        """Give what was carried since the last time."""
        self.weigh()
        draft, self._draft = self._draft, None
        if draft is not None:
            suffix = b".".join(self._suffix if self._common is None else self._common + self._suffix)
            draft.name = suffix.decode("latin-1")
            draft.uri = f"dns-tunnel://{self.peers.name(1)}/{draft.name}"
            self._pieces += draft.size
            draft.finish()

    def flush(self, now: float) -> None:
        """Lay down what a tunnel has carried in a span."""
        if self._draft is not None and now - self._draft.time > SPAN_S:
            self.lay_down()

    def _is_shaped(self) -> bool:
        mean = self._letters / self._names
        if 2 * self._odd > self._names and self._carried >= ODD_CARRIED_BYTES:
            return True
        is_lookup = 2 * self._lookups > self._names and mean < FILLED_LENGTH
        least = next((carried for length, carried in CARRIED_BYTES if mean >= length), None)
        return least is not None and self._carried >= least * (LOOKUP_FACTOR if is_lookup else 1)

    def _narrow(self, name: Labels) -> None:
        """Keep the labels before the zone that all names share: they belong to the zone's name."""
        if self._common is None:
            self._common = name[1:]
            return
        shared = 0
        for mine, theirs in zip(reversed(self._common), reversed(name[1:]), strict=False):
            if mine.lower() != theirs.lower():
                break
            shared += 1
        self._common = self._common[len(self._common) - shared :]

    def _keep(self, text: bytes, time: float) -> None:
        if self.is_tunnel:
            self._write(text, time)
            return
        self._held.append((time, text))
        self.held_bytes += len(text)
        while self.held_bytes > HELD_BYTES and len(self._held) > 1:
            self.held_bytes -= len(self._held.popleft()[1])

    def _lay_held(self) -> None:
        held, self._held, self.held_bytes = self._held, deque(), 0
        for time, text in held:
            self._write(text, time)

    def _write(self, text: bytes, time: float) -> None:
        if self._draft is None:
            self._draft = Draft(
                self._desk,
                self.peers,
                protocol="dns-tunnel",
                sender=0,
                direction=Direction.UP,
                time=time,
                position=self._pieces,
                media_type="application/x-dns-tunnel",
            )
        if self._draft.size < CONTENT_BYTES:
            self._draft.write(text + b"\n")
        else:
            self._draft.skip(len(text) + 1)

    def _restart(self, time: float) -> None:
        self._since = time
        self._names = self._odd = self._lookups = self._letters = self._carried = self._batched = 0
        self._batch = []
        self._common = None
        self._seen.clear()
        self._held.clear()
        self.held_bytes = 0


class Zones(Shelf):
    """All zones asked of, by client and zone; the one asked longest ago makes room."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._zones: OrderedDict[tuple[str, Labels], Zone] = OrderedDict()
        self._held_bytes = 0
        self._lost: tuple[Peers, int, float] | None = None

    def heard(self, ends: tuple[End, End], message: Message, time: float, *, tunnel: bool = False) -> None:
        """Take a message; `ends` are who asks and who answers, `tunnel` says that it is known to be one's."""
        before = len(message.name) - suffix_size(message.name)
        key = ends[0][0], tuple(map(bytes.lower, message.name[before:]))
        zone = self._zones.get(key)
        if zone is None:
            if message.is_answer or not before:
                return
            zone = self._zones[key] = Zone(self.desk, ends, key[1], time)
        if message.is_answer:
            zone.answer(message)
            return
        self._zones.move_to_end(key)
        held = zone.held_bytes
        zone.ask(message.name[:before], message.kind, time)
        if tunnel and not zone.is_tunnel:
            zone.confess()
        self._held_bytes += zone.held_bytes - held
        self._make_room()

    def flush(self, now: float) -> None:
        """Forget zones that nothing was asked of for long; tunnels among them are over."""
        for key, zone in list(self._zones.items()):
            zone.flush(now)
            if now - zone.time > (IDLE_S if zone.is_tunnel else WINDOW_S):
                zone.lay_down()
                del self._zones[key]
                self._held_bytes -= zone.held_bytes
        self._tell_lost()

    def finish(self) -> None:
        """Every tunnel is over."""
        for zone in self._zones.values():
            zone.lay_down()
        self._zones.clear()
        self._held_bytes = 0
        self._tell_lost()

    def _make_room(self) -> None:
        """Forget the zones asked longest ago; a tunnel among them gives what it carried."""
        while len(self._zones) > ZONES_LIMIT or self._held_bytes > ALL_HELD_BYTES:
            _, zone = self._zones.popitem(last=False)
            self._held_bytes -= zone.held_bytes
            lost = zone.held_bytes + (self._lost[1] if self._lost else 0)
            zone.lay_down()
            self._lost = zone.peers, lost, zone.time

    def _tell_lost(self) -> None:
        lost, self._lost = self._lost, None
        if lost is not None:
            peers, size, time = lost
            self.desk.lose(peers, channel="dns", time=time, cause="too many zones", size=size, detail="and others")


def suffix_size(name: Labels) -> int:
    """How many labels a registrable name has at the end of `name`, as far as can be told without a list of them.

    None where the last label is no top-level domain: tools that talk straight to their server need none.
    """
    last = name[-1] if name else b""
    if not last.replace(b"-", b"").isalnum() or not last[:1].isalpha() or len(last) > 24:
        return 0
    if not last.isalpha() and not last.lower().startswith(b"xn--"):
        return 0
    is_country = len(last) == 2 and len(name) > 2 and name[-2].lower() in _SECOND_LEVEL
    return min(len(name), 3 if is_country else 2)
