"""The colours of the console: a calm dark one, a high-contrast one, a light one, and one without colour."""

from __future__ import annotations

from textual.theme import Theme

_NIGHT = {
    "quiet": "#8793a5",
    "rule": "#2a3441",
    "cursor": "#22303f",
    "critical": "#ff7b86",
    "high": "#ffa066",
    "medium": "#e8c864",
    "low": "#84b3e8",
    "info": "#94a1b3",
    "good": "#8fce9b",
    "match": "#7fd4cf",
}
_CONTRAST = {
    "quiet": "#d0d0d0",
    "rule": "#808080",
    "cursor": "#00407a",
    "critical": "#ff8080",
    "high": "#ffb000",
    "medium": "#ffff40",
    "low": "#80c8ff",
    "info": "#ffffff",
    "good": "#70ff70",
    "match": "#60ffff",
}
_DAY = {
    "quiet": "#5c6470",
    "rule": "#d3cec3",
    "cursor": "#dde6ee",
    "critical": "#b00020",
    "high": "#a84300",
    "medium": "#7a5c00",
    "low": "#1d5a9e",
    "info": "#4d5661",
    "good": "#22692f",
    "match": "#00625d",
}
NIGHT = Theme(
    name="night",
    primary="#7fb7d4",
    secondary="#8aa4c8",
    accent="#7fd4cf",
    warning="#e8c864",
    error="#ff7b86",
    success="#8fce9b",
    foreground="#dbe2ec",
    background="#0f141b",
    surface="#141b24",
    panel="#1a232e",
    variables=_NIGHT,
)
CONTRAST = Theme(
    name="contrast",
    primary="#60ffff",
    secondary="#80c8ff",
    accent="#60ffff",
    warning="#ffff40",
    error="#ff8080",
    success="#70ff70",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#101010",
    text_alpha=1.0,
    variables=_CONTRAST,
)
DAY = Theme(
    name="day",
    primary="#1d5a9e",
    secondary="#44617e",
    accent="#00625d",
    warning="#7a5c00",
    error="#b00020",
    success="#22692f",
    foreground="#20262d",
    background="#f8f6f1",
    surface="#f2efe8",
    panel="#e9e5dc",
    dark=False,
    variables=_DAY,
)
PLAIN = Theme(
    name="plain",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffffff",
    warning="#ffffff",
    error="#ffffff",
    success="#ffffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    text_alpha=1.0,
    variables=dict.fromkeys(_NIGHT, "#ffffff") | {"cursor": "#404040", "rule": "#808080"},
)
"""Without any colour; what others say by colour is said by letters, weight and reversal in all of them."""
THEMES = (NIGHT, CONTRAST, DAY, PLAIN)
DEFAULTS = _NIGHT
"""The named colours for themes that bring none of ours."""
