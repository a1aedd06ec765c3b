"""A scratch workstation: watched folders, a policy with one sanctioned way back, a configuration and a store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forensics.config import ROLES
from forensics.demo.servers import Servers
from forensics.resources import samples_folder

INTERFACE = "lo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """Where everything of one demonstration lies."""

    root: Path
    servers: Servers

    @property
    def samples(self) -> Path:
        """The shipped samples."""
        return samples_folder()

    @property
    def store(self) -> Path:
        """The evidence store of this demonstration."""
        return self.root / "store"

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.root / "config.toml"

    def folder(self, role: str) -> Path:
        """The watched folder of a role."""
        return self.root / "workstation" / role

    def lay_out(self, *, is_live: bool) -> None:
        """Make the folders, the policy and the configuration."""
        for role in ROLES:
            self.folder(role).mkdir(parents=True)
        (self.root / "policy.toml").write_text(
            "[[sanctioned]]\n"
            'name = "translator portal"\n'
            'destination = "http://127.0.0.1:*/return/*"\n'
            'programmes = ["translator"]\n',
            "utf-8",
        )
        folders = "".join(f'[[folders]]\nrole = "{role}"\npath = "workstation/{role}"\n' for role in ROLES)
        self.config.write_text(
            f'store = "store"\npolicy = "policy.toml"\nhost = "workstation-1"\n{folders}'
            + (self._network() if is_live else ""),
            "utf-8",
        )

    def _network(self) -> str:
        ports = " or ".join(f"port {port}" for port in self.servers.ports)
        return f'[network]\ninterfaces = ["{INTERFACE}"]\ncapture_filter = "tcp and ({ports})"\n'
