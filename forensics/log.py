"""Structured logs on stderr; never content, never clear names of data subjects."""

from __future__ import annotations

import logging
import sys
from typing import cast

import structlog


def configure(*, is_verbose: bool = False) -> None:
    """Send logs to stderr: warnings and worse, or everything when verbose."""
    level = logging.DEBUG if is_verbose else logging.WARNING
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that names its module."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(module=name))
