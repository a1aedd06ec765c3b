"""What an alert and a sighting have in common: a head that says what, who, where to and when, and pages below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from forensics.store.rows import AlertDetail, AlertRow, ObservationDetail, SightingRow
from tui import wording
from tui.desk import Desk
from tui.formatting import Line, Safe, content, crop_middle, line, lines, safe
from tui.screens.console import ConsoleScreen
from tui.sections import log
from tui.sections.tree import tree
from tui.sections.why import why
from tui.widgets.section import Section
from tui.widgets.sound_chart import SoundChart
from tui.widgets.tab_bar import Tab, TabBar

MOST_PLACE = 60
PAGES: Mapping[str, Sequence[str]] = {
    "why": ("facts", "why"),
    "audio": ("sound",),
    "text": ("text",),
    "lineage": ("lineage",),
    "inside": ("tree",),
    "gaps": ("gaps",),
    "raw": ("raw",),
    "custody": ("custody",),
}
"""The sections of each page."""
TITLES: Mapping[str, Safe] = {
    "facts": Safe("What happened"),
    "why": Safe("Why"),
    "sound": Safe("How it was heard"),
    "text": Safe("Which words"),
    "lineage": Safe("How it came there"),
    "tree": Safe("What was inside"),
    "gaps": Safe("Gaps around it"),
    "raw": Safe("As JSON"),
    "custody": Safe("Custody"),
}


class StoryScreen(ConsoleScreen):
    """Subclasses read the evidence (`look`) and hand it to `tell`; the page stays when they go to another."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._page = next(iter(PAGES))
        self._title = Static(id="title")
        keys = {page: Safe(desk.keys.find(f"page-{page}").key_names) for page in PAGES}
        self._tabs = TabBar([Tab(id=page, title=Safe(page.capitalize()), key=keys[page]) for page in PAGES], id="pages")
        self._story = VerticalScroll(id="story")
        self._sound = SoundChart(TITLES["sound"], id="sound")
        self._sections = {id: Section(title, id=id) for id, title in TITLES.items()} | {"sound": self._sound}
        self._pages = {page: Vertical(*(self._sections[id] for id in ids)) for page, ids in PAGES.items()}

    def body(self) -> Iterable[Widget]:
        """The head, the names of the pages, and the page that is shown."""
        yield self._title
        yield self._tabs
        with self._story:
            yield from self._pages.values()

    def on_mount(self) -> None:
        """The story takes the keys."""
        for name, page in self._pages.items():
            page.styles.height = "auto"
            page.display = name == self._page
        self._story.focus()

    def action_page(self, page: str) -> None:
        """Show a page from its beginning."""
        self._page = page
        for name, each in self._pages.items():
            each.display = name == page
        self._story.scroll_home(animate=False)
        self._tabs.tell(page, self.counts())
        self.look(self.desk.feed.pulse)

    def action_next_page(self, steps: int) -> None:
        """Show a neighbour of the page, round and round."""
        names = list(PAGES)
        self.action_page(names[(names.index(self._page) + steps) % len(names)])

    def on_tab_bar_chosen(self, message: TabBar.Chosen) -> None:
        """Show the page that was clicked."""
        message.stop()
        self.action_page(message.tab)

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self._story.scroll_relative(y=rows, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self._story.scroll_relative(y=pages * max(1, self._story.size.height - 2), animate=False)

    def counts(self) -> Mapping[str, int]:
        """How much is on the pages that can be counted."""
        return {}

    def tell(self, row: AlertRow | SightingRow, detail: AlertDetail | ObservationDetail, head: Content) -> None:
        """Show what alerts and sightings both have; `head` is the first line of the head."""
        now = self.desk.now()
        self._title.update(lines([head, _who_where_when(row, now)]))
        self._tabs.tell(self._page, self.counts())
        self.say("facts", log.facts(row, now))
        self.say("why", why(detail.matches, detail.artifacts))
        self._sound.draw(detail.matches, detail.artifacts)
        self.say("tree", tree(detail.artifacts, detail.matches, detail.missing_ranges))
        self.say("gaps", log.gaps(detail.gaps, nothing=Safe("no sensor was blind around this time")))
        versions = detail.versions
        made_by = f"engine {safe(versions.engine)}, rules {safe(versions.rules)}, register {safe(versions.index)}"
        decided = line((Safe(f"decided by {made_by}"), "$quiet"))
        self.say("custody", [decided, *log.custody(detail.custody)])

    def say(self, section: str, rows: Sequence[Line]) -> None:
        """Show lines in a section."""
        self._sections[section].tell(rows)


def counted(detail: AlertDetail | ObservationDetail) -> dict[str, int]:
    """How much is on each page that can be counted."""
    return {
        "why": len(detail.matches),
        "audio": sum(match.sound is not None for match in detail.matches),
        "text": sum(match.matcher == "text" for match in detail.matches),
        "inside": len(detail.artifacts),
        "gaps": len(detail.gaps),
        "custody": len(detail.custody),
    }


def _who_where_when(row: AlertRow | SightingRow, now: float) -> Content:
    """`rv17@ws-17 → /media/STICK/c001.wav  removable  22 Nov 02:22 UTC, 52m ago`."""
    moment = wording.moment(row.time)
    return content(
        Safe(" "),
        (wording.person(row.user, row.host), "bold"),
        (Safe(" → "), "$quiet"),
        (crop_middle(wording.place(row.destination) or Safe("not known"), MOST_PLACE), "bold"),
        Safe(f"  {wording.channel(row.channel)}  "),
        (Safe(f"{moment[:6]} {moment[12:17]} UTC, {wording.ago(now - row.time)}"), "$quiet"),
    )
