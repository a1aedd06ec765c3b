"""Words for people in the summaries of commands."""

from __future__ import annotations

import click

from forensics.text_safety import visible


def say_what_is_not_kept(why: str) -> None:
    """Tell on stderr why the content of alerts is not kept; nothing when it is."""
    if why:
        click.echo(f"content of alerts is not kept: {visible(why)} (earwitness custodian add)", err=True)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural (with s) unless it is one: `1 finding`, `0 findings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
