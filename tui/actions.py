"""Every action of the console in one table: what it is called, its keys, where it works and what it does.

Key bindings, the hint bar and the help screen are read from here; a binding's id is the action's, so that a
keymap can move it to another key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing a key does: `method` of each of `targets`; `hint` is its word in the hint bar, if it has one."""

    id: str
    targets: tuple[str, ...]
    method: str
    keys: str
    help: str
    hint: str = ""
    shown: str = ""
    is_write: bool = False
    """A decision that is written to the store; an observer may not take it."""

    @property
    def key_names(self) -> str:
        """The keys as people read them."""
        return self.shown or self.keys.partition(",")[0]


TITLES = {
    "app": "Everywhere",
    "welcome": "Before the first evidence",
    "list": "Lists",
    "queue": "Queue",
    "incident": "Incident",
    "detail": "Alert",
    "search": "Search",
    "histogram": "Times of a search",
    "sensors": "Sensors",
    "timeline": "Timeline",
    "rules": "Rules",
    "editor": "Draft of a rule",
    "custody": "Custody",
    "cases": "Cases",
    "case": "Case",
    "report": "First hour",
}

TIMELINE: tuple[Action, ...] = (
    Action(
        id="item-before",
        targets=("timeline",),
        method="item(-1)",
        keys="left,h",
        help="What was before in this lane; then earlier times",
        hint="item",
        shown="← →",
    ),
    Action(
        id="item-after",
        targets=("timeline",),
        method="item(1)",
        keys="right,l",
        help="What was after it; then later times",
        shown="→ l",
    ),
    Action(
        id="closer",
        targets=("timeline",),
        method="zoom(1)",
        keys="plus,equals_sign",
        help="Closer, about the cursor",
        hint="zoom",
        shown="+ -",
    ),
    Action(id="wider", targets=("timeline",), method="zoom(-1)", keys="minus", help="Wider", shown="-"),
    Action(
        id="earlier",
        targets=("timeline",),
        method="pan(-1)",
        keys="H,shift+left",
        help="Half a screen earlier",
        shown="H",
    ),
    Action(
        id="later", targets=("timeline",), method="pan(1)", keys="L,shift+right", help="Half a screen later", shown="L"
    ),
    Action(id="whole", targets=("timeline",), method="whole", keys="0", help="All the evidence there is", hint="all"),
    Action(
        id="axis",
        targets=("timeline",),
        method="axis",
        keys="x",
        help="By contractor or by workstation",
        hint="who/where",
    ),
    Action(id="zone", targets=("timeline",), method="zone", keys="z", help="Clocks of UTC or of this machine"),
    Action(
        id="timeline-filter",
        targets=("timeline",),
        method="filter",
        keys="slash",
        help="Filter by words, user:rv17, channel:http",
        hint="filter",
        shown="/",
    ),
)
SEARCH: tuple[Action, ...] = (
    Action(
        id="facets",
        targets=("search",),
        method="facets",
        keys="f",
        help="Which of them: values by field; enter narrows to one",
        hint="facets",
    ),
    Action(
        id="times", targets=("search",), method="times", keys="h", help="Choose a time in the histogram", hint="when"
    ),
    Action(id="save", targets=("search",), method="save", keys="s", help="Keep the query under a name", hint="save"),
    Action(id="saved", targets=("search",), method="saved", keys="o", help="Ask a query that was kept", hint="saved"),
    Action(id="sql", targets=("search",), method="sql", keys="ctrl+e", help="Show the SQL and its plan"),
    Action(
        id="bar-before",
        targets=("histogram",),
        method="choose_bar(-1)",
        keys="left,h",
        help="A bar earlier",
        shown="← h",
    ),
    Action(
        id="bar-after", targets=("histogram",), method="choose_bar(1)", keys="right,l", help="A bar later", shown="→ l"
    ),
    Action(id="bar-take", targets=("histogram",), method="take_bar", keys="enter", help="Narrow the query to its time"),
)
WELCOME: tuple[Action, ...] = (
    Action(
        id="demo",
        targets=("welcome",),
        method="demo",
        keys="d",
        help="See it work, on a scratch workstation",
        hint="demo",
    ),
    Action(
        id="doctor",
        targets=("welcome",),
        method="doctor",
        keys="D",
        help="What this machine can and cannot see",
        hint="doctor",
    ),
)
PAGES: tuple[Action, ...] = (
    Action(
        id="next-page",
        targets=("detail", "sighting", "custody"),
        method="next_page(1)",
        keys="tab",
        help="Next page",
        hint="page",
    ),
    Action(
        id="page-before",
        targets=("detail", "sighting", "custody"),
        method="next_page(-1)",
        keys="shift+tab",
        help="Page before",
    ),
    Action(
        id="next-hit",
        targets=("detail", "sighting"),
        method="hit(1)",
        keys="h",
        help="Next hit of a rule, with the line that asks for it",
        hint="hit",
    ),
    Action(id="hit-before", targets=("detail", "sighting"), method="hit(-1)", keys="H", help="Hit before"),
    Action(
        id="compare",
        targets=("detail", "sighting"),
        method="compare",
        keys="f",
        help="Open a file beside it: compare sound and words",
        hint="file",
    ),
    *(
        Action(
            id=f"page-{page}", targets=("detail", "sighting"), method=f"page('{page}')", keys=key, help=f"Page: {what}"
        )
        for page, key, what in (
            ("why", "W", "why, with the rules and what they hit"),
            ("audio", "U", "how a clip was heard"),
            ("text", "T", "which registered words"),
            ("lineage", "L", "how it came there"),
            ("inside", "I", "what was inside"),
            ("gaps", "G", "what could not be seen around it"),
            ("raw", "J", "everything, as JSON"),
            ("custody", "Y", "the chain of custody"),
        )
    ),
)
CASES: tuple[Action, ...] = (
    Action(id="case-new", targets=("cases",), method="new", keys="n", help="Open a case", hint="new", is_write=True),
    Action(
        id="case-tick",
        targets=("case",),
        method="tick",
        keys="space",
        help="Tick the task, or untick it",
        hint="tick",
        shown="space",
        is_write=True,
    ),
    Action(
        id="case-task",
        targets=("cases", "case"),
        method="task",
        keys="T",
        help="Set a task",
        hint="task",
        is_write=True,
    ),
    Action(
        id="case-note",
        targets=("cases", "case"),
        method="note",
        keys="w",
        help="Write a note, for good",
        hint="note",
        is_write=True,
    ),
    Action(
        id="case-report", targets=("cases", "case"), method="report", keys="p", help="The first hour", hint="report"
    ),
    Action(
        id="case-export",
        targets=("report",),
        method="export_report",
        keys="E",
        help="Write it to a file, as Markdown",
        hint="export",
        is_write=True,
    ),
    Action(
        id="case-assign",
        targets=("cases", "case"),
        method="assign",
        keys="O",
        help="Give the case to somebody",
        is_write=True,
    ),
    Action(id="case-drop", targets=("case",), method="drop", keys="d", help="Drop the task: no need", is_write=True),
    Action(
        id="case-remove",
        targets=("case",),
        method="remove",
        keys="x",
        help="Take the alert out of the case",
        is_write=True,
    ),
    Action(id="case-states", targets=("cases",), method="next_state", keys="s", help="Open, closed, all", hint="state"),
)
CUSTODY: tuple[Action, ...] = (
    *(
        Action(id=f"custody-{page}", targets=("custody",), method=f"page('{page}')", keys=key, help=f"Page: {what}")
        for page, key, what in (
            ("log", "L", "the log"),
            ("unseals", "U", "what was asked to be opened"),
            ("exports", "X", "what was exported"),
        )
    ),
    Action(
        id="prove",
        targets=("custody",),
        method="prove",
        keys="i",
        help="Write the proof that this entry stands in the log",
        hint="prove",
        is_write=True,
    ),
    Action(
        id="unseal-ask",
        targets=("custody", "detail"),
        method="ask_unseal",
        keys="O",
        help="Ask for kept content to be opened",
        hint="ask to open",
        is_write=True,
    ),
    Action(
        id="unseal-approve",
        targets=("custody",),
        method="approve_unseal",
        keys="A",
        help="Approve what somebody else asked for",
        hint="approve",
        is_write=True,
    ),
    Action(
        id="unseal-decline",
        targets=("custody",),
        method="decline_unseal",
        keys="D",
        help="Decline a request, or withdraw your own",
        hint="decline",
        is_write=True,
    ),
    Action(
        id="unseal-take",
        targets=("custody",),
        method="take_unsealed",
        keys="w",
        help="Write what two custodians approved to a file",
        hint="take out",
        is_write=True,
    ),
)
ACTIONS: tuple[Action, ...] = (
    *WELCOME,
    Action(
        id="open", targets=("list",), method="choose", keys="enter,2", help="Open what the cursor is on", hint="open"
    ),
    Action(id="down", targets=("list",), method="move(1)", keys="down,j", help="Next row", shown="↓ j"),
    Action(id="up", targets=("list",), method="move(-1)", keys="up,k", help="Row before", shown="↑ k"),
    Action(
        id="page-down", targets=("list",), method="page(1)", keys="pagedown,ctrl+f", help="A page down", shown="PgDn"
    ),
    Action(id="page-up", targets=("list",), method="page(-1)", keys="pageup,b", help="A page up", shown="PgUp"),
    Action(
        id="top", targets=("list",), method="top", keys="g,home", help="Newest row, and follow what arrives", shown="g"
    ),
    Action(id="bottom", targets=("list",), method="bottom", keys="G,end", help="Oldest row", shown="G"),
    Action(
        id="acknowledge",
        targets=("queue", "incident", "detail"),
        method="acknowledge",
        keys="a",
        help="Acknowledge: somebody is looking at it",
        hint="ack",
        is_write=True,
    ),
    Action(
        id="close",
        targets=("queue", "incident", "detail", "cases", "case"),
        method="close",
        keys="c",
        help="Close, with a reason",
        hint="close",
        is_write=True,
    ),
    Action(
        id="reopen",
        targets=("queue", "incident", "detail", "cases", "case"),
        method="reopen",
        keys="r",
        help="Open again what was acknowledged or closed",
        is_write=True,
    ),
    Action(
        id="own",
        targets=("queue", "incident", "detail", "cases", "case"),
        method="own",
        keys="o",
        help="Take it: it is yours",
        hint="own",
        is_write=True,
    ),
    Action(
        id="suppress",
        targets=("queue", "incident", "detail"),
        method="suppress",
        keys="x",
        help="Raise no alert on what is like it, for a time",
        is_write=True,
    ),
    Action(
        id="export",
        targets=("queue", "incident", "detail"),
        method="export",
        keys="w",
        help="Export it as a sealed bundle that others can check",
        is_write=True,
    ),
    Action(
        id="escalate",
        targets=("queue", "incident", "detail"),
        method="escalate",
        keys="e",
        help="Escalate to a case, a new one or one that is open",
        hint="escalate",
        is_write=True,
    ),
    Action(
        id="undo",
        targets=("queue", "incident", "detail", "cases", "case"),
        method="undo",
        keys="u",
        help="Take the last decision back, within half a minute",
        is_write=True,
    ),
    Action(
        id="mark",
        targets=("queue", "incident"),
        method="mark",
        keys="space",
        help="Mark: decisions are about what is marked",
        hint="mark",
        shown="space",
    ),
    Action(
        id="mark-range",
        targets=("queue", "incident"),
        method="mark_range",
        keys="V",
        help="Mark a range: once at its begin, once at its end",
    ),
    Action(
        id="merge", targets=("queue",), method="merge", keys="m", help="Put marked incidents into one", is_write=True
    ),
    Action(
        id="split",
        targets=("incident",),
        method="split",
        keys="S",
        help="Put marked alerts into an incident of their own",
        is_write=True,
    ),
    Action(id="new-rows", targets=("queue",), method="show_new", keys="n", help="Go to the new rows that were counted"),
    Action(
        id="incidents",
        targets=("queue",),
        method="toggle_incidents",
        keys="i",
        help="Switch between incidents and single alerts",
        hint="view",
    ),
    Action(id="states", targets=("queue",), method="next_state", keys="s", help="Open, new, closed, all", hint="state"),
    Action(
        id="filter",
        targets=("queue",),
        method="filter",
        keys="slash",
        help="Filter by words, user:rv17, channel:http, last:7d",
        hint="filter",
        shown="/",
    ),
    Action(
        id="query", targets=("search",), method="query", keys="slash", help="Write a query", hint="query", shown="/"
    ),
    *SEARCH,
    Action(
        id="next",
        targets=("detail",),
        method="step(1)",
        keys="n,right_square_bracket",
        help="Next alert",
        hint="next",
        shown="n",
    ),
    Action(
        id="previous",
        targets=("detail",),
        method="step(-1)",
        keys="p,left_square_bracket",
        help="Alert before",
        hint="previous",
        shown="p",
    ),
    Action(
        id="story", targets=("detail",), method="incident", keys="i", help="The incident it belongs to", hint="incident"
    ),
    Action(
        id="scroll-down",
        targets=("detail", "sighting", "sensors", "report"),
        method="scroll(1)",
        keys="down,j",
        help="Down",
        shown="↓ j",
    ),
    Action(
        id="scroll-up",
        targets=("detail", "sighting", "sensors", "report"),
        method="scroll(-1)",
        keys="up,k",
        help="Up",
        shown="↑ k",
    ),
    Action(
        id="scroll-page-down",
        targets=("detail", "sighting", "sensors", "report"),
        method="scroll_page(1)",
        keys="pagedown,space",
        help="A page down",
        shown="space",
    ),
    Action(
        id="scroll-page-up",
        targets=("detail", "sighting", "sensors", "report"),
        method="scroll_page(-1)",
        keys="pageup,b",
        help="A page up",
        shown="b",
    ),
    *PAGES,
    *TIMELINE,
    *CASES,
    Action(
        id="rule-test",
        targets=("rules",),
        method="test_rule",
        keys="T",
        help="Try the rule on its samples and cases",
        hint="test",
    ),
    Action(id="rule-lint", targets=("rules",), method="lint", keys="L", help="Look its pack over", hint="lint"),
    Action(
        id="rule-mutate",
        targets=("rules",),
        method="mutate",
        keys="M",
        help="Change its samples: which changes is it lost to?",
        hint="mutate",
    ),
    Action(
        id="rule-backtest",
        targets=("rules",),
        method="backtest",
        keys="B",
        help="What would its pack have alerted on in 30 days?",
        hint="backtest",
    ),
    Action(
        id="rule-cost",
        targets=("rules",),
        method="cost",
        keys="C",
        help="Measure what each costs, on 200 ordinary files",
        hint="cost",
    ),
    Action(
        id="rule-draft",
        targets=("rules",),
        method="draft",
        keys="e",
        help="Edit a draft of its file, looked over while you type",
        hint="edit",
        is_write=True,
    ),
    Action(
        id="rule-new",
        targets=("rules",),
        method="new_rule",
        keys="N",
        help="Begin a rule in this pack, with its samples",
        is_write=True,
    ),
    Action(
        id="rule-explain",
        targets=("rules",),
        method="explain",
        keys="X",
        help="Why does it match a file or evidence, or why not?",
        hint="explain",
    ),
    Action(
        id="draft-keep",
        targets=("editor",),
        method="keep",
        keys="ctrl+s",
        help="Save the file",
        hint="save",
        is_write=True,
    ),
    Action(
        id="draft-test",
        targets=("editor",),
        method="try('test')",
        keys="ctrl+t",
        help="Try the draft of the rule on its samples and cases",
        hint="test",
    ),
    Action(
        id="draft-backtest",
        targets=("editor",),
        method="try('backtest')",
        keys="ctrl+b",
        help="What would the draft have alerted on in 30 days?",
        hint="backtest",
    ),
    Action(
        id="rule-edit",
        targets=("rules",),
        method="edit",
        keys="E",
        help="Open its file in $EDITOR, then look its pack over",
    ),
    Action(
        id="unhealthy",
        targets=("sensors",),
        method="unhealthy",
        keys="f",
        help="Only what is not as it should be, or all",
        hint="unwell",
    ),
    Action(id="rule-reread", targets=("rules",), method="reread", keys="f5", help="Read the packs again"),
    Action(
        id="verify",
        targets=("custody",),
        method="verify",
        keys="v",
        help="Walk over the whole log: is it as it was written?",
        hint="verify",
    ),
    Action(
        id="entries",
        targets=("custody",),
        method="next_scope",
        keys="s",
        help="Show what was done, or every entry",
        hint="entries",
    ),
    *CUSTODY,
    Action(id="back", targets=("app",), method="go_back", keys="escape", help="Back", hint="back", shown="esc"),
    Action(id="mode-queue", targets=("app",), method="mode('queue')", keys="1", help="Queue of incidents and alerts"),
    Action(id="mode-search", targets=("app",), method="mode('search')", keys="3", help="Search all evidence"),
    Action(id="mode-timeline", targets=("app",), method="mode('timeline')", keys="4", help="Timeline of what was seen"),
    Action(id="mode-rules", targets=("app",), method="mode('rules')", keys="5", help="Rules and their workbench"),
    Action(id="mode-sensors", targets=("app",), method="mode('sensors')", keys="6", help="Sensors and gaps"),
    Action(id="mode-custody", targets=("app",), method="mode('custody')", keys="7", help="The log of custody"),
    Action(id="mode-cases", targets=("app",), method="mode('cases')", keys="8", help="Cases under investigation"),
    Action(id="palette", targets=("app",), method="command_palette", keys="ctrl+p", help="Command palette"),
    Action(
        id="read-only",
        targets=("app",),
        method="toggle_read_only",
        keys="R",
        help="Take no decisions, until pressed again",
    ),
    Action(id="theme", targets=("app",), method="next_theme", keys="t", help="Colours: night, contrast, day, plain"),
    Action(
        id="help", targets=("app",), method="help", keys="question_mark,f1", help="This help", hint="help", shown="?"
    ),
    Action(id="quit", targets=("app",), method="quit", keys="q,ctrl+q", help="Leave", hint="quit", shown="q"),
)


def of(target: str) -> Iterator[Action]:
    """The actions of one target, in the order of the table."""
    return (action for action in ACTIONS if target in action.targets)


def bindings(target: str) -> list[BindingType]:
    """The key bindings a screen, a widget or the app takes."""
    return [
        Binding(action.keys, action.method, action.help, id=action.id, key_display=action.key_names, show=False)
        for action in of(target)
    ]


def is_write(method: str) -> bool:
    """Say whether a method of the table writes a decision."""
    return any(action.is_write for action in ACTIONS if action.method.partition("(")[0] == method)
