"""FTP (RFC 959, 2428): files stored and retrieved, control and data connections brought together."""

from __future__ import annotations

import ipaddress
import re
from collections import deque
from dataclasses import dataclass

from forensics.channels.base import Channel, Claim, End, Heads, Peers, first_claim
from forensics.channels.cursor import Cursor
from forensics.channels.desk import Desk, Expectation
from forensics.channels.draft import Draft
from forensics.channels.headers import NAME_LIMIT, text
from forensics.channels.tunnel import Upgrade
from forensics.model import Direction

LINE_LIMIT_BYTES = 1 << 14
OUTSTANDING_LIMIT = 1000
_UPLOADS = frozenset({"STOR", "APPE", "STOU"})
_TRANSFERS = _UPLOADS | {"RETR", "LIST", "NLST", "MLSD"}
_COMMAND = re.compile(
    rb"(?:USER|PASS|AUTH (?:TLS|SSL)|FEAT|SYST|PWD|CWD|CDUP|TYPE [AIEL]|PASV|EPSV|PORT \d+,|EPRT \||LPRT |STOR |RETR |"
    rb"STOU|APPE |LIST|NLST|MLSD|MLST|SIZE |MDTM |REST \d|DELE |MKD |RMD |RNFR |OPTS |SITE |PBSZ|PROT |ALLO )",
    re.IGNORECASE,
)
_USER = re.compile(rb"USER [^\s:]+\r?\n", re.IGNORECASE)
_REPLY = re.compile(rb"(\d{3})([ \-]?)(.*)", re.DOTALL)
_BEGUN_REPLY = re.compile(rb"(?:[1-5](?:\d(?:\d[ \-]?)?)?)?\Z")
_SIX = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_EXTENDED = re.compile(r"\(?([!-/:-~|])\1\1(\d{1,5})\1\)?")
_EPRT = re.compile(r"([!-/:-~|])([12])\1([0-9A-Fa-f.:%\w]{2,64}?)\1(\d{1,5})\1")
_STORED_AS = re.compile(r"(?:FILE:|name(?:d|:)?|as)\s+\"?([^\s\"]+)", re.IGNORECASE)


@dataclass(slots=True)
class Transfer(Expectation):
    """One data connection and the command that used it; whichever of them is seen first waits for the other."""

    peers: Peers
    client: int
    is_passive: bool
    """The server listens and the client connects."""
    verb: str = ""
    name: str = ""
    uri: str = ""
    encoding: str = ""
    draft: Draft | None = None
    is_taken: bool = False
    is_done: bool = False

    def take(self, peers: Peers, listening: int, desk: Desk) -> Channel | None:
        """The data connection must be between the two machines of the control connection."""
        hosts = {address for address, _ in self.peers.ends}
        if self.is_taken or not hosts & {address for address, _ in peers.ends}:
            return None
        self.is_taken = True
        client_host = self.peers.ends[self.client][0]
        client = 0 if peers.ends[0][0] == client_host else 1
        if peers.ends[0][0] == peers.ends[1][0]:
            client = 1 - listening if self.is_passive else listening
        return FtpData(peers, client, desk, self)

    def command(self, verb: str, name: str, uri: str, encoding: str) -> None:
        """The command that uses this connection."""
        self.verb, self.name, self.uri, self.encoding = verb, name, uri, encoding
        self.settle()

    def guess(self) -> None:
        """No command will come any more: the sender of the bytes says which way the file went."""
        if self.draft:
            self.verb = "STOR" if self.draft.direction is Direction.UP else "RETR"
            self.settle()

    def settle(self) -> None:
        """Hand the file over when both its bytes and its command are complete."""
        if not self.draft or not self.is_done or not self.verb:
            return
        draft, self.draft = self.draft, None
        if self.verb not in _UPLOADS and self.verb != "RETR":
            draft.drop()
            return
        is_upload = self.verb in _UPLOADS
        draft.direction = Direction.UP if is_upload else Direction.DOWN
        draft.name, draft.uri, draft.encoding = self.name, self.uri, self.encoding
        draft.finish()


class SealedTransfer(Transfer):
    """One whose data connection speaks TLS (RFC 4217): what is inside is the file."""

    transport = "tls"


class FtpData(Channel):
    """A data connection: everything one side sends is the file."""

    name = "ftp-data"

    def __init__(self, peers: Peers, client: int, desk: Desk, transfer: Transfer) -> None:
        super().__init__(peers, client, desk)
        self._transfer = transfer
        self._is_over = False

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """Never guessed, only announced."""
        return Claim.NO

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of the file."""
        self._draft(side, time).write(chunk)

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        self._draft(side, time).skip(size)

    def closed(self, side: int, time: float) -> None:
        """The file ends with its connection."""
        draft = self._transfer.draft
        if draft and draft.sender != side:
            return
        if draft and not self._is_over:
            self._is_over = True
            self._transfer.is_done = True
            self._transfer.settle()

    def _draft(self, side: int, time: float) -> Draft:
        if self._transfer.draft is None:
            self._transfer.draft = Draft(
                self.desk,
                self.peers,
                protocol="ftp",
                sender=side,
                direction=Direction.UP if side == self.client else Direction.DOWN,
                time=time,
                position=0,
            )
        return self._transfer.draft


class Ftp(Channel):
    """A control connection."""

    name = "ftp"
    announces = True

    def __init__(self, peers: Peers, client: int, desk: Desk) -> None:
        super().__init__(peers, client, desk)
        self._lines = (Cursor(), Cursor())
        self._outstanding: deque[tuple[str, str]] = deque(maxlen=OUTSTANDING_LIMIT)
        self._transfer: Transfer | None = None
        self._folder = "/"
        self._encoding = ""
        self._is_sealed = False
        self._upgrade = Upgrade(desk, peers, client)

    @classmethod
    def claims(cls, heads: Heads) -> Claim:
        """A 220 answered by an FTP command, or commands no other protocol has."""
        return first_claim((_claim(heads[0], heads[1], 0), _claim(heads[1], heads[0], 1)))

    def data(self, side: int, chunk: bytes, time: float) -> None:
        """Take the next bytes of a side."""
        lines = self._lines[side]
        lines.push(chunk)
        while not self._upgrade.takes(side, lines, time) and (line := lines.line()) is not None:
            if side == self.client:
                self._take_command(text(line.lstrip(b"\xff\xf4\xf2").rstrip(b"\r\n")))
            else:
                self._take_reply(line)
        if len(lines) > LINE_LIMIT_BYTES:
            lines.clear()

    def hole(self, side: int, size: int, time: float) -> None:
        """Take note of bytes never seen."""
        if self._upgrade.hole(side, size, time):
            return
        self._lines[side].clear()
        self._lines[side].skip(size)
        self._outstanding.clear()

    def closed(self, side: int, time: float) -> None:
        """Files whose command was never seen are told by who sent them."""
        self._upgrade.closed(side, time)
        if side == self.client and self._transfer and not self._transfer.verb:
            self._transfer.guess()

    @property
    def is_interested(self) -> bool:
        """Say whether more bytes matter: not those of TLS that is not opened."""
        return self._upgrade.is_interested

    def counted(self, up: int, down: int, time: float) -> None:
        """Take note, at the very end, of how many payload bytes side 0 and side 1 sent."""
        self._upgrade.counted(up, down, time)

    def _take_command(self, line: str) -> None:
        verb, _, argument = line.partition(" ")
        verb = verb.upper()
        self._outstanding.append((verb, argument))
        if verb == "PORT":
            self._listen_at_client(_six(argument))
        elif verb == "EPRT":
            self._listen_at_client(_extended_port(argument))
        elif verb in _TRANSFERS:
            self._use(verb, argument)

    def _use(self, verb: str, argument: str) -> None:
        transfer = self._transfer
        if transfer is None or transfer.verb:
            return
        path = argument[:NAME_LIMIT]
        name = re.split(r"[/\\]", path)[-1]
        where = path if path.startswith("/") else f"{self._folder.rstrip('/')}/{path}"
        uri = f"ftp://{self.peers.name(1 - self.client)}{where}"
        transfer.command(verb, name, uri, self._encoding)

    def _take_reply(self, line: bytes) -> None:
        match = _REPLY.match(line)
        if not match or match[2] == b"-":
            return
        code, words = int(match[1]), text(match[3]).strip()
        if code == 227:
            self._listen_at_server(_six(words))
        elif code in (228, 229):
            found = _EXTENDED.search(words)
            self._listen_at_server((self.peers.ends[1 - self.client][0], int(found[2])) if found else None)
        if code == 220 and not self._outstanding:
            return
        if 100 <= code < 200:
            self._begun(words)
        elif self._outstanding:
            self._answered(code, *self._outstanding.popleft())

    def _begun(self, words: str) -> None:
        transfer = self._transfer
        if transfer and transfer.verb == "STOU" and not transfer.name:
            found = _STORED_AS.search(words)
            transfer.name = found[1] if found else ""

    def _answered(self, code: int, verb: str, argument: str) -> None:
        if verb == "MODE" and code == 200:
            self._encoding = "deflate" if argument.strip().upper() == "Z" else ""
        elif verb == "PROT" and code == 200:
            self._is_sealed = argument.strip().upper() == "P"
        elif verb == "CWD" and 200 <= code < 300:
            base = "" if argument.startswith("/") else self._folder.rstrip("/") + "/"
            self._folder = (base + argument)[:NAME_LIMIT]
        elif verb in _TRANSFERS and code >= 400 and self._transfer and not self._transfer.is_taken:
            self._transfer.verb = ""

    def _listen_at_client(self, end: End | None) -> None:
        self._expect(end, self.client)

    def _listen_at_server(self, end: End | None) -> None:
        self._expect(end, 1 - self.client)

    def _expect(self, end: End | None, side: int) -> None:
        """Announce the data connection at the address said and, behind address translation, at the one seen."""
        if end is None:
            return
        kind = SealedTransfer if self._is_sealed else Transfer
        transfer = kind(self.peers, self.client, is_passive=side != self.client)
        self._transfer = transfer
        for address in {end[0], self.peers.ends[side][0]}:
            self.desk.expect((address, end[1]), transfer)


def _six(words: str) -> End | None:
    """Address and port of `h1,h2,h3,h4,p1,p2`."""
    found = _SIX.search(words)
    if not found or any(int(number) > 255 for number in found.groups()):
        return None
    numbers = [int(number) for number in found.groups()]
    return ".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5]


def _extended_port(words: str) -> End | None:
    """Address and port of `|2|address|port|`."""
    found = _EPRT.search(words)
    if not found:
        return None
    try:
        return str(ipaddress.ip_address(found[3])), int(found[4])
    except ValueError:
        return None


def _claim(mine: bytes, theirs: bytes, side: int) -> Claim:
    """What side `side` being the client looks like."""
    if _COMMAND.match(mine):
        if theirs[:1] in (b"1", b"2", b"3", b"4", b"5") and theirs[:3].isdigit():
            return Claim.by(side)
        if not theirs:
            lines = mine.split(b"\r\n")
            is_plain = _USER.match(mine) is not None or not mine.upper().startswith((b"USER", b"PASS"))
            has_more = len(lines) > 2 and any(_COMMAND.match(line) for line in lines[2:])
            return Claim.by(side) if is_plain and (has_more or _TELLING.match(mine)) else Claim.MAYBE
        return Claim.NO
    if not mine:
        return Claim.MAYBE if _BEGUN_REPLY.match(theirs[:4]) else Claim.NO
    is_begun = (len(mine) < 5 and mine.isalpha()) or b"AUTH TLS".startswith(mine.upper())
    return Claim.MAYBE if is_begun and (not theirs or theirs[:1] == b"2") else Claim.NO


_TELLING = re.compile(rb"(?:PASV|EPSV|PORT \d+,|EPRT \||STOR |RETR |TYPE [AI])", re.IGNORECASE)
