"""The lower part of a screen in which a command runs: what was asked, its lines as they come, how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker

from tui.formatting import Safe, content, lines, safe
from tui.twin import Twin

REDRAW_LINES = 50


class TwinPane(Vertical):
    """Hidden until something runs; a new command ends the one before."""

    DEFAULT_CSS = """
    TwinPane { height: 50%; border-top: solid $rule; display: none; }
    TwinPane.-shown { display: block; }
    TwinPane #asked { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    TwinPane VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    """

    def __init__(self, twin: Twin, *, id: str, spoken: tuple[str, str] = ("", "")) -> None:
        """`spoken`: what is shown as something else, such as the path of a copy as that of what it stands for."""
        super().__init__(id=id)
        self._twin = twin
        self._spoken = spoken
        self._asked = Static(id="asked")
        self._printed = Static()
        self._scroll = VerticalScroll(self._printed, can_focus=True)
        self._lines: list[Content] = []
        self._worker: Worker[None] | None = None
        self.code: int | None = None

    class Ended(Message):
        """A command has come to its end with `code`."""

        def __init__(self, code: int | None) -> None:
            super().__init__()
            self.code = code

    def compose(self) -> ComposeResult:
        """The command, and what it prints."""
        yield self._asked
        yield self._scroll

    def ask(self, arguments: Sequence[str]) -> None:
        """Run a command and show it."""
        self.add_class("-shown")
        self._lines.clear()
        self.code = None
        self._worker = self.run_worker(self._run(tuple(arguments)), group="twin", exclusive=True, exit_on_error=False)

    def leave(self) -> bool:
        """End what runs and hide; False when there was nothing to hide."""
        if not self.has_class("-shown"):
            return False
        if self._worker is not None:
            self._worker.cancel()
        self.remove_class("-shown")
        return True

    async def _run(self, arguments: Sequence[str]) -> None:
        words = self._speak(self._twin.words(arguments))
        self._asked.update(content((Safe("running, esc ends it   "), "$quiet"), (words, "bold")))
        self._printed.update("")
        begun = time.monotonic()

        def tick() -> None:
            said = f"running {time.monotonic() - begun:.0f} s, {len(self._lines):,} lines, esc ends it   "
            self._asked.update(content((Safe(said), "$quiet"), (words, "bold")))

        timer = self.set_interval(1, tick)
        try:
            async for line in self._twin.lines(arguments):
                if isinstance(line, int):
                    self.code = line
                    break
                self._lines.append(content(self._speak(line)))
                if len(self._lines) % REDRAW_LINES == 1:
                    self._draw()
        except OSError as error:
            self._lines.append(content((Safe(f"cannot be run: {error.strerror}"), "bold $warning")))
        finally:
            timer.stop()
        ended = "done" if self.code == 0 else f"ended with {self.code}"
        self._asked.update(content((Safe(f"{ended}   "), "$good" if self.code == 0 else "$warning"), (words, "bold")))
        self._draw()
        self.post_message(self.Ended(self.code))

    def _speak(self, line: Safe) -> Safe:
        meant, said = self._spoken
        return Safe(line.replace(meant, safe(said))) if meant else line

    def _draw(self) -> None:
        self._printed.update(lines(self._lines))
        self._scroll.scroll_end(animate=False)
