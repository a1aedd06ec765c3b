"""What every matcher is: it compares artifacts with one kind of rule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from forensics.config import Config
from forensics.model import Artifact, Match
from forensics.register.book import Item, Register
from forensics.rulebook.book import Rulebook


class Matcher(ABC):
    """Compares artifacts with one kind of rule. Built once per worker and reload."""

    name: ClassVar[str]
    is_on_demand: ClassVar[bool] = False
    """Whether it runs only where it is named."""

    def __init__(self, rulebook: Rulebook, register: Register, config: Config | None = None) -> None:
        self.rulebook = rulebook
        self.register = register
        self.config = config or Config()

    def warm(self) -> None:  # noqa: B027 - most have nothing to do
        """Do now what the first artifact would else have to wait for."""

    @abstractmethod
    def wants(self, artifact: Artifact) -> bool:
        """Say whether this artifact (or view) can be compared; cheap, never raises."""

    @abstractmethod
    def match(self, artifact: Artifact, *, candidates: int = 0) -> Iterator[Match]:
        """Yield matches, strongest first, and up to `candidates` more with `accepted=False`.

        Raises TimedOut, LimitReached or Malformed; what was yielded before stays.
        """

    def issue_of(self, item: Item, artifact: Artifact) -> tuple[str, str]:
        """The package an item was issued in and its programme; of several, the package the artifact itself names."""
        named = artifact.packages
        identity = next((each for each in self.register.packages_of(item.id) if each in named), item.package)
        package = self.register.package(identity)
        return identity, package.programme if package else ""
