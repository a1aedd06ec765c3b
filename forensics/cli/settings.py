"""The settings as a Markdown table, made from the configuration's own types; the README holds what this prints."""

from __future__ import annotations

import typing
from pathlib import Path
from types import NoneType
from typing import Any

import click
import msgspec

from forensics.config import Config


def table() -> str:
    """Every setting with its type and default, one line each, sections after the top level."""
    lines = ["| setting | type | default |", "|---|---|---|"]
    for key, kind, default in _settings(Config, ""):
        lines.append(f"| `{key}` | {kind} | {default} |")
    return "\n".join(lines)


def _settings(struct: type[msgspec.Struct], prefix: str) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    sections: list[tuple[str, str, str]] = []
    for field in msgspec.structs.fields(struct):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            sections += _settings(field.type, f"{prefix}{field.name}.")
            continue
        inner = next((t for t in typing.get_args(field.type) if isinstance(t, type)), None)
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            sections += _settings(inner, f"{prefix}{field.name}[].")
            continue
        rows.append(
            (prefix + field.name, _kind(field.type), "" if field.default_factory is dict else _default(field.default))
        )
    return rows + sections


def _kind(kind: Any) -> str:
    if hasattr(kind, "__metadata__"):
        least = kind.__metadata__[0]
        bound = f", over {least.gt}" if least.gt is not None else f", at least {least.ge}"
        return f"{_kind(kind.__origin__)}{'' if least.pattern else bound}"
    arguments = [each for each in typing.get_args(kind) if each is not NoneType and each is not Ellipsis]
    if typing.get_origin(kind) is tuple:
        return f"list of {_kind(arguments[0])}"
    if typing.get_origin(kind) is typing.Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if typing.get_origin(kind) is dict:
        return f"table of {_kind(arguments[1])}"
    if arguments:
        return _kind(arguments[0])
    return {Path: "path", str: "text", float: "number", int: "whole number", bool: "true or false"}[kind]


def _default(value: object) -> str:
    if value is msgspec.NODEFAULT:
        return "needed"
    if value is None or value in ((), ""):
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    click.echo(table())
