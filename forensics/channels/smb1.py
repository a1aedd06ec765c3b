"""Messages of SMB 1 (MS-CIFS, MS-SMB): what is opened, written, read and closed, one command after the other."""

from __future__ import annotations

from dataclasses import dataclass

from forensics.channels import smb1_layout as layout
from forensics.channels.dialogue import About, Answer
from forensics.channels.share import Share
from forensics.channels.shared_file import SharedFile
from forensics.channels.smb1_layout import Header
from forensics.channels.tape import Reading, Tape
from forensics.model import Direction

MAGIC = b"\xffSMB"
HEADER_BYTES = 32
BODY_LIMIT_BYTES = 128 << 10
_NOTHING_MORE = 0xFF


@dataclass(frozen=True, slots=True)
class _Command:
    """One command of a message: its words, and where the message begins and the command ends in the stream."""

    header: Header
    code: int
    words: bytes
    start: int
    stop: int

    @property
    def key(self) -> tuple[int, int, int]:
        """What its answer has in common with it."""
        return self.header.asker, self.header.message, self.code


class Smb1:
    """Reads frames into a Share.

    Message numbers come again soon. So answers wait for questions only where everything was seen from the beginning.
    """

    def __init__(self, share: Share) -> None:
        self._share = share
        self._is_whole = False

    @staticmethod
    def is_answer(head: bytes) -> bool:
        """Say of a header whether the server sent it."""
        return bool(head[9] & 0x80)

    def lose_questions(self) -> None:
        """Some of what the client said was never seen."""
        self._is_whole = False

    def frame(self, tape: Tape, head: bytes, end: int) -> Reading[None]:
        """Read the commands of a frame whose header is `head` and which ends at offset `end`."""
        header, start, file = Header.of(head), tape.offset - HEADER_BYTES, None
        code = header.command
        if code == layout.NEGOTIATE:
            self._is_whole = self._is_whole or not header.is_answer
        elif not self._is_whole:
            self._share.forget_early()
        while end - tape.offset >= 3:
            count = (yield from tape.take(1))[0]
            if end - tape.offset < 2 * count + 2:
                return
            words = (yield from tape.take(2 * count + 2))[:-2]
            after, stop = _NOTHING_MORE, end
            if code in layout.CHAINED and len(words) >= 4:
                after, stop = words[0], start + int.from_bytes(words[2:4], "little")
            if after == _NOTHING_MORE or not tape.offset <= stop <= end:
                after, stop = _NOTHING_MORE, end
            command = _Command(header, code, words, start, stop)
            if header.is_answer:
                yield from self._answer(tape, command)
            else:
                file = yield from self._ask(tape, command, file)
            if after == _NOTHING_MORE:
                return
            yield from tape.skip_to(stop)
            code = after

    def _ask(self, tape: Tape, command: _Command, file: SharedFile | None) -> Reading[SharedFile | None]:
        """Read one request; returns the file that commands behind it in the chain mean."""
        code, words = command.code, command.words
        if code in layout.WRITES:
            return (yield from self._write(tape, command, file))
        if code in layout.READS:
            asked = layout.read_asked(code, words)
            if asked:
                self._share.read(command.key, self._file(asked[0], command, file), asked[1])
        elif code == layout.CLOSE and len(words) >= 2:
            self._share.close(command.key, self._file(int.from_bytes(words[:2], "little"), command, file))
        elif code in layout.OPENS or code in layout.TREE_CONNECTS or code == layout.TRANS2:
            at = tape.offset - command.start
            body = yield from tape.take(min(command.stop - tape.offset, BODY_LIMIT_BYTES))
            return self._named(command, body, at) or file
        return file

    def _named(self, command: _Command, body: bytes, at: int) -> SharedFile | None:
        """Read a request that names a share or a file; returns the file that it opens."""
        share, header, code, words = self._share, command.header, command.code, command.words
        if code in layout.TREE_CONNECTS:
            share.connect(command.key, layout.share_named(code, words, body, at, is_unicode=header.is_unicode))
            return None
        if code in layout.OPENS:
            path = layout.name_opened(code, words, body, at, is_unicode=header.is_unicode)
            return share.open(command.key, path, header.tree)
        opened = layout.transaction_open(words, body, at, is_unicode=header.is_unicode)
        ended = layout.transaction_end(words, body, at)
        if ended:
            self._file(ended[0], command, None).set_end = ended[1]
        return None if opened is None else share.open(command.key, opened, header.tree)

    def _write(self, tape: Tape, command: _Command, file: SharedFile | None) -> Reading[SharedFile | None]:
        span = layout.written(command.code, command.words, tape.offset - command.start)
        if span is None:
            return file
        known = self._file(span.handle, command, file)
        place = self._share.place(tape.offset, tape.time)
        yield from tape.skip_to(min(command.start + span.distance, command.stop))
        if span.length:
            known.reach(Direction.UP, span.offset + span.length, place)
        end = min(tape.offset + span.length, command.stop)
        yield from tape.pour(end, lambda at, data: known.write(Direction.UP, span.offset + at, data, place))
        if command.code == layout.WRITE_AND_CLOSE:
            self._share.close(command.key, known)
        return known

    def _answer(self, tape: Tape, command: _Command) -> Reading[None]:
        key, is_good, code, words = command.key, command.header.is_good, command.code, command.words
        if code in layout.READS:
            yield from self._read(tape, command)
        elif code in layout.OPENS:
            handle, size, is_file = (layout.opened(code, words) if is_good else None) or (-1, -1, None)
            answer = Answer(about=About.NAME, is_good=handle >= 0, handle=handle, size=size, is_file=is_file)
            self._share.answer(key, answer)
        elif code in (layout.CLOSE, layout.WRITE_AND_CLOSE):
            self._share.answer(key, Answer(about=About.CLOSE, is_good=is_good))
        elif code in layout.TREE_CONNECTS:
            body = yield from tape.take(min(command.stop - tape.offset, 256))
            self._share.answer(key, _connected(command, body))
        elif code == layout.TRANS2 and self._share.asked(key):
            at = tape.offset - command.start
            body = yield from tape.take(min(command.stop - tape.offset, 256))
            handle, size = (layout.transaction_opened(words, body, at) if is_good else None) or (-1, -1)
            self._share.answer(key, Answer(about=About.NAME, is_good=handle >= 0, handle=handle, size=size))

    def _read(self, tape: Tape, command: _Command) -> Reading[None]:
        place = self._share.place(tape.offset, tape.time)
        distance, length = 0, 0
        if command.header.is_good:
            distance, length = layout.read_given(command.code, command.words, tape.offset - command.start)
        into = self._share.answer(command.key, Answer(about=About.READ, length=length, place=place))
        if length:
            yield from tape.skip_to(min(command.start + distance, command.stop))
            yield from tape.pour(min(tape.offset + length, command.stop), into)

    def _file(self, handle: int, command: _Command, file: SharedFile | None) -> SharedFile:
        """The file a command is about; in a chain it is the one that was opened before."""
        return file or self._share.file(handle, command.header.tree, f"handle-{handle:04x}")


def _connected(command: _Command, body: bytes) -> Answer:
    """A share whose service is IPC carries no files (MS-CIFS 2.2.4.55.2)."""
    tree, is_file = command.header.tree, None
    if command.code == layout.TREE_CONNECT:
        tree = int.from_bytes(command.words[2:4], "little")
    else:
        is_file = not body.startswith(b"IPC")
    return Answer(about=About.SHARE, is_good=command.header.is_good, handle=tree, is_file=is_file)
