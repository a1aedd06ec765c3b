"""Waiting for a console under test: until something shows, never for a length of time."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Coroutine
from typing import Any

from textual.app import App
from textual.pilot import Pilot

PATIENCE_S = 60.0


def journey(walk: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a test of an asynchronous walk through the console."""

    @functools.wraps(walk)
    def test(*args: object, **kwargs: object) -> None:
        asyncio.run(walk(*args, **kwargs))

    return test


async def until(pilot: Pilot[None], claim: Callable[[], object]) -> None:
    """Let the app run until the claim holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < deadline, f"never came true; the screen shows:\n{screen_text(pilot.app)}"
        await pilot.pause(0.02)
    await pilot.pause()


async def shows(pilot: Pilot[None], *words: str) -> None:
    """Wait until all words are on the screen."""
    await until(pilot, lambda: all(word in screen_text(pilot.app) for word in words))


async def scrolls_to(pilot: Pilot[None], word: str) -> None:
    """Go down row by row until a word is on the screen."""
    deadline = time.monotonic() + PATIENCE_S
    while word not in screen_text(pilot.app):
        assert time.monotonic() < deadline, f"never came by; the screen shows:\n{screen_text(pilot.app)}"
        await pilot.press("down")


async def hides(pilot: Pilot[None], word: str) -> None:
    """Wait until a word is gone from the screen."""
    await until(pilot, lambda: word not in screen_text(pilot.app))


def screen_text(app: App[None]) -> str:
    """The characters on the screen, line by line."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()  # the only place where the composed text can be read
    return "\n".join(strip.text[:width].rstrip() for strip in strips[:height])
