"""What every command is given: the configuration, the store folder and how to open them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.config import Config
from forensics.policy import Policy
from forensics.policy import load as load_policy
from forensics.resources import rules_folder

if TYPE_CHECKING:
    from forensics.store.writer import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One invocation of the command line."""

    config: Config
    store: Path

    def policy(self) -> Policy:
        """The policy named in the configuration, or the shipped one. Raises ConfigError."""
        return load_policy(self.config.policy or rules_folder() / "policy.toml")

    def open_store(self) -> Store:
        """The store, open for writing in the name of who sits here. Raises StoreError."""
        from forensics.store.writer import Store  # what only reads begins sooner without

        return Store.open(self.store, actor=self.actor, privacy=self.config.privacy, keep=self.config.keep)

    @property
    def actor(self) -> str:
        """The name custody entries give the person or service at this terminal."""
        return os.environ.get("SUDO_USER") or os.environ.get("USER") or f"uid {os.getuid()}"
