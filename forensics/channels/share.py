"""The files one connection has open on a server's shares: questions and answers become opened, used, closed files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.channels.dialogue import About, Answer, Dialogue, Question
from forensics.channels.losses import Losses
from forensics.channels.shared_file import Place, SharedFile

if TYPE_CHECKING:
    from forensics.channels.base import Peers
    from forensics.channels.desk import Desk

HANDLE_LIMIT = 1024
TREE_LIMIT = 1024


@dataclass(slots=True, kw_only=True)
class Tree:
    """A share the client is connected to."""

    name: str
    is_file: bool | None
    """False where it has only pipes, None where that is not known."""


class Share:
    """What is known of shares and handles. A file is handed over when its closing is answered, or at the end."""

    def __init__(self, desk: Desk, peers: Peers, client: int) -> None:
        self._desk = desk
        self._peers = peers
        self.client = client
        self._trees: OrderedDict[Hashable, Tree] = OrderedDict()
        self._files: OrderedDict[Hashable, SharedFile] = OrderedDict()
        self._nameless: list[SharedFile] = []
        self._count = 0
        self._dialogue = Dialogue(desk, self._settle)
        self.losses = Losses()

    def connect(self, key: Hashable, path: str) -> None:
        """The client asks for the share at `path`, `\\\\server\\share`."""
        self._dialogue.ask(key, Question(about=About.SHARE, path=path))

    def open(self, key: Hashable, path: str, tree: Hashable) -> SharedFile:
        """The client asks for the file at `path`; what is returned takes its bytes before the handle is known."""
        file = self._begin(path, tree)
        self._dialogue.ask(key, Question(about=About.NAME, file=file))
        return file

    def file(self, handle: Hashable, tree: Hashable, label: str) -> SharedFile:
        """The file of a handle; `label` names it as long as the answer to its opening was not seen."""
        file = self._files.get(handle)
        if file is None or file.is_closing:
            self._files.pop(handle, None)
            file = self._begin(label, tree)
            self._nameless = [each for each in self._nameless if not each.is_over][-HANDLE_LIMIT:]
            self._nameless.append(file)
            self._keep(handle, file)
        self._files.move_to_end(handle)
        return file

    def read(self, key: Hashable, file: SharedFile, offset: int) -> None:
        """The client asks for bytes from `offset` on."""
        self._dialogue.ask(key, Question(about=About.READ, file=file, offset=offset))

    def close(self, key: Hashable, file: SharedFile) -> None:
        """The client closes a file; bytes it asked for before may still come."""
        file.is_closing = True
        self._dialogue.ask(key, Question(about=About.CLOSE, file=file))

    def answer(self, key: Hashable, answer: Answer) -> Callable[[int, bytes], None]:
        """The server answers; what is returned takes the bytes of the file in it, as they come."""
        return self._dialogue.answer(key, answer)

    def asked(self, key: Hashable) -> Question | None:
        """The question of a key that has not been answered yet."""
        return self._dialogue.waits_for(key)

    def forget_early(self) -> None:
        """Match no answer with a question that comes after it: keys come again, and questions were lost."""
        self._dialogue.forget_early()

    def place(self, position: int, time: float) -> Place:
        """Where bytes at an offset of a stream are."""
        return Place(peers=self._peers, client=self.client, position=position, time=time)

    def finish(self, time: float) -> None:
        """The connection is over: what is open ends where it is."""
        while self._files:
            self._files.popitem(last=False)[1].finish()
        self._dialogue.finish()
        if self._dialogue.unasked:
            self.losses.add("read without its request", self._dialogue.unasked, time)
        self.losses.lay_down(self._desk, self._peers, "smb")

    def _settle(self, question: Question, answer: Answer) -> None:
        file = question.file
        if question.about is About.SHARE:
            self._connected(question.path, answer)
        elif file is None:
            return
        elif question.about is About.READ:
            if file.is_over:
                self._keep(object(), file)
            answer.go_into(file, question.offset)
        elif question.about is About.NAME and answer.is_good:
            self._opened(file, answer)
        else:
            self._closed(file)

    def _connected(self, path: str, answer: Answer) -> None:
        if answer.is_good:
            name = path.rstrip("\\/").rpartition("\\")[2]
            is_file = False if name.upper() == "IPC$" else answer.is_file
            self._trees[answer.handle] = Tree(name=name, is_file=is_file)
            self._trees.move_to_end(answer.handle)
            if len(self._trees) > TREE_LIMIT:
                self._trees.popitem(last=False)

    def _opened(self, file: SharedFile, answer: Answer) -> None:
        """A file has its handle; where the answer came late, what was done with the handle since belongs to it."""
        self._place(file)
        if file.is_file is None or answer.is_file is False:
            file.is_file = answer.is_file
        since = (each for each in self._nameless if each.handle == answer.handle and each.number > file.number)
        known = next(since, None) if file.is_empty else None
        if known is None:
            self._keep(answer.handle, file)
        else:
            self._nameless.remove(known)
            known.path, known.share, known.is_file = file.path, file.share, file.is_file
            file = known
        file.end = max(file.end, answer.size)

    def _closed(self, file: SharedFile) -> None:
        if self._files.get(file.handle) is file:
            del self._files[file.handle]
        file.finish()

    def _begin(self, path: str, tree: Hashable) -> SharedFile:
        self._count += 1
        file = SharedFile(self._desk, protocol="smb", path=path)
        file.tree, file.number = tree, self._count
        self._place(file)
        return file

    def _keep(self, handle: Hashable, file: SharedFile) -> None:
        known = self._files.pop(handle, None)
        if known:
            known.finish()
        file.handle = handle
        self._files[handle] = file
        if len(self._files) > HANDLE_LIMIT:
            self._files.popitem(last=False)[1].finish()

    def _place(self, file: SharedFile) -> None:
        """Say of a file on which share it is, once that is known."""
        known = self._trees.get(file.tree)
        if known and not file.share:
            file.share = known.name
            file.is_file = known.is_file
