"""What an alert and a sighting have in common: a head that says what, who, where to and when, and pages below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from forensics.rulebook.quoting import Quote, quotes
from forensics.store.rows import AlertDetail, AlertRow, MatchRow, ObservationDetail, OpaqueRow, SightingRow
from tui import theme, wording
from tui.beside import OPENING, Beside, opened
from tui.desk import Desk
from tui.formatting import EMPTY, Line, Safe, content, crop_middle, line, lines, safe
from tui.screens.console import ConsoleScreen
from tui.sections import log
from tui.sections.blind import READ, blind
from tui.sections.pictures import Paint, by_key, paint
from tui.sections.sound import Look, sounds
from tui.sections.text import texts
from tui.sections.tree import tree
from tui.widgets.drawing import Drawing
from tui.widgets.file_dialog import FileDialog
from tui.widgets.pixel_drawing import PixelDrawing
from tui.widgets.section import Section
from tui.widgets.tab_bar import Tab, TabBar
from tui.widgets.why_drawing import WhyDrawing

MOST_PLACE = 36
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
    "gaps": Safe("What could not be seen"),
    "raw": Safe("As JSON"),
    "custody": Safe("Custody"),
}


UNHEARD = Safe("No registered clip was heard in this.")
TALL, TALL_PICTURE, SHORT_PICTURE = 36, 8, 4
"""Lines of the terminal from which pictures are taller, and lines of a picture."""


class StoryScreen(ConsoleScreen):
    """Subclasses read the evidence (`look`) and hand it to `tell`; the page stays when they go to another."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._page = next(iter(PAGES))
        self._title = Static(id="title")
        keys = {page: Safe(desk.keys.find(f"page-{page}").key_names) for page in PAGES}
        self._tabs = TabBar([Tab(id=page, title=Safe(page.capitalize()), key=keys[page]) for page in PAGES], id="pages")
        self._story = VerticalScroll(id="story")
        self._why = WhyDrawing(TITLES["why"], id="why")
        self._sound = PixelDrawing(TITLES["sound"], desk.ability, id="sound")
        self._text = Drawing(TITLES["text"], id="text")
        self._sections = {id: Section(title, id=id) for id, title in TITLES.items()}
        self._sections |= {"why": self._why, "sound": self._sound, "text": self._text}
        self._beside = Beside()
        self._path = ""
        self._rules: Mapping[str, Quote] = {}
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
        self.watch(self.app, "theme", self._redraw, init=False)

    def on_resize(self) -> None:
        """Pictures are taller where there is room."""
        self._redraw()

    def _redraw(self) -> None:
        self.look(self.desk.feed.pulse)

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

    def action_hit(self, steps: int) -> None:
        """Mark the next or the last hit and bring it into sight."""
        if self._page != "why":
            self.action_page("why")
        if self._why.step(steps):
            self.call_after_refresh(self._show_hit)
        else:
            self.notify(Safe("No rule hit anything that could be shown."), markup=False, timeout=3)

    def _show_hit(self) -> None:
        """Scroll to the marked hit, once the page that it stands on has its place."""
        row = self._why.virtual_region.y + 1 + self._why.marked_row()
        self._story.scroll_to(y=max(0, row - self._story.size.height // 3), animate=False)

    def quoted(self, matches: Sequence[MatchRow]) -> None:
        """Read the rules that matched; on the reading thread."""
        wanted = {match.rule for match in matches}
        if not wanted <= self._rules.keys():
            found = quotes(self.desk.packs, wanted)
            self._rules = {**self._rules, **{id: found.get(id) or Quote(id=id) for id in wanted}}

    def action_compare(self) -> None:
        """Ask for a file, then draw and compare what it and what left hold."""
        self.app.push_screen(FileDialog(self._path), self._open)

    def _open(self, path: str | None) -> None:
        name = self.name_of()
        if path is None or not name:
            return
        self._path = path
        self._beside = Beside(of=name, said=OPENING)
        self._redraw()
        self.run_worker(self._ask(name, path), group="compare", exclusive=True, exit_on_error=False)

    async def _ask(self, name: str, path: str) -> None:
        self._beside = await opened(self.desk.twin, name, path)
        self._redraw()

    def _compared(self, detail: AlertDetail | ObservationDetail) -> None:
        """Draw what was heard and read, with what was opened beside this very evidence."""
        beside = self._beside if self._beside.of == self.name_of() else Beside()
        key = self.desk.keys.find("compare").key_names
        hint = EMPTY if beside.of else Safe(f"{key} opens the file that was issued, and what left where it still lies.")
        said = [line((beside.said, "$warning"))] if beside.said else []
        look = Look(
            paint=self._paint(),
            height=SHORT_PICTURE if self.app.size.height < TALL else TALL_PICTURE,
            pictures=beside.pictures,
            hint=hint,
        )
        matches, artifacts, differences = detail.matches, detail.artifacts, beside.differences

        def heard(columns: int) -> Sequence[Line]:
            return [*said, *(sounds(matches, artifacts, columns, look) or [line((UNHEARD, "$quiet"))])]

        def read(columns: int) -> Sequence[Line]:
            return [*said, *texts(matches, differences, hint, columns)]

        self._sound.show(by_key(beside.pictures), look.paint)
        self._sound.draw(heard, (matches, artifacts, look, said))
        self._text.draw(read, (matches, differences, hint, said))

    def _paint(self) -> Paint:
        """The colours of pictures; none in the theme without colour."""
        if self.app.theme == theme.PLAIN.name:
            return Paint()
        named = self.app.theme_variables
        return paint(named["background"], named["match"])

    def tell_gaps(self, detail: AlertDetail | ObservationDetail, opaque: Sequence[OpaqueRow]) -> None:
        """Show what could not be seen of it and around it; `opaque` are connections of the same person."""
        self.say("gaps", blind(detail.missing_ranges, detail.artifacts, detail.gaps, opaque))

    def name_of(self) -> str:
        """The id of what is shown, A12 or O57; empty while it is being read."""
        return ""

    def counts(self) -> Mapping[str, int]:
        """How much is on the pages that can be counted."""
        return {}

    def tell(self, row: AlertRow | SightingRow, detail: AlertDetail | ObservationDetail, head: Content) -> None:
        """Show what alerts and sightings both have; `head` is the first line of the head."""
        now = self.desk.now()
        self._title.update(lines([head, _who_where_when(row, now)]))
        self._tabs.tell(self._page, self.counts())
        self.say("facts", log.facts(row, now))
        self._why.explain(self.name_of(), detail.matches, detail.artifacts, self._rules)
        self._compared(detail)
        self.say("tree", tree(detail.artifacts, detail.matches, detail.missing_ranges))
        versions = detail.versions
        made_by = f"engine {safe(versions.engine)}, rules {safe(versions.rules)}, register {safe(versions.index)}"
        decided = line((Safe(f"decided by {made_by}"), "$quiet"))
        self.say("custody", [decided, *log.custody(detail.custody)])

    def say(self, section: str, rows: Sequence[Line]) -> None:
        """Show lines in a section."""
        self._sections[section].tell(rows)


def counted(detail: AlertDetail | ObservationDetail) -> dict[str, int]:
    """How much is on each page that can be counted."""
    unread = sum(artifact.outcome not in READ for artifact in detail.artifacts)
    return {
        "why": len(detail.matches),
        "audio": sum(match.sound is not None for match in detail.matches),
        "text": sum(match.matcher == "text" for match in detail.matches),
        "inside": len(detail.artifacts),
        "gaps": len(detail.gaps) + len(detail.missing_ranges) + unread,
        "custody": len(detail.custody),
    }


def _who_where_when(row: AlertRow | SightingRow, now: float) -> Content:
    """`rv17@ws-17 → /media/STICK/c001.wav  removable  22 Nov 02:22 UTC, 52m ago`."""
    moment = wording.moment(row.time)
    return content(
        Safe(" "),
        (wording.person(row.user, row.host), "bold"),
        (Safe(" → "), "$quiet"),
        (crop_middle(wording.place(row.destination or row.source) or Safe("not known"), MOST_PLACE), "bold"),
        Safe(f"  {wording.channel(row.channel)}  "),
        (Safe(f"{moment[:6]} {moment[12:17]} UTC, {wording.ago(now - row.time)}"), "$quiet"),
    )
