"""The few errors a caller can act on, each with its exit code, and what a decoder says when bytes lie."""

from __future__ import annotations


class EarwitnessError(Exception):
    """Something a person can mend; the command line prints the message and exits with `exit_code`."""

    exit_code = 3


class ConfigError(EarwitnessError):
    """The configuration or the policy is wrong; the message names the key."""

    exit_code = 4


class RuleError(EarwitnessError):
    """A rule pack does not load; the message begins with the file and, where it is inside one, the line."""

    exit_code = 5


class CaptureError(EarwitnessError):
    """A capture cannot be read or taken."""

    exit_code = 6


class StoreError(EarwitnessError):
    """The evidence store or the register cannot be opened or written."""

    exit_code = 7


class InputError(EarwitnessError):
    """A path the user named does not exist or cannot be read."""

    exit_code = 8


class MissingToolError(EarwitnessError):
    """A program this machine lacks; the message says how to get it."""

    exit_code = 9


class Malformed(Exception):  # noqa: N818 - a report about data, not an error of the program
    """The bytes do not keep what their format promises. What was yielded before stays evidence."""


class Encrypted(Exception):  # noqa: N818 - a report about data
    """The content cannot be opened without a password or key."""


class LimitReached(Exception):  # noqa: N818 - a report about data
    """A limit on depth, entries, bytes, ratio or time ended the work; the message names the limit."""


class TimedOut(LimitReached):
    """The time limit ended the work."""
