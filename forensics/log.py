"""Structured logs on stderr; never content, never clear names of data subjects."""

from __future__ import annotations

import logging
import sys
from typing import Any

_level = logging.WARNING


def configure(*, is_verbose: bool = False) -> None:
    """Send logs to stderr: warnings and worse, or everything when verbose."""
    global _level  # noqa: PLW0603 - one process, one level
    _level = logging.DEBUG if is_verbose else logging.WARNING


class Logger:
    """A logger that names its module; structlog is imported by the first event, since most commands log nothing."""

    def __init__(self, name: str) -> None:
        self._name = name

    def info(self, event: str, **facts: Any) -> None:
        """What happens."""
        self._log(logging.INFO, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """What somebody should look at."""
        self._log(logging.WARNING, event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """What failed."""
        self._log(logging.ERROR, event, facts)

    def _log(self, level: int, event: str, facts: dict[str, Any]) -> None:
        if level >= _level:
            import structlog

            logger = structlog.wrap_logger(
                structlog.PrintLogger(sys.stderr),
                processors=[
                    structlog.processors.add_log_level,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
                ],
            )
            getattr(logger, logging.getLevelName(level).lower())(event, module=self._name, **facts)


def logger(name: str) -> Logger:
    """A logger that names its module."""
    return Logger(name)
