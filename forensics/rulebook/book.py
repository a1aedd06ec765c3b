"""Loaded rule packs, as matchers read them."""

from __future__ import annotations


class Rulebook:
    """A loaded, read-only set of rule packs."""
