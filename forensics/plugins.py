"""The folder is the registry: every concrete subclass found in a package's modules is a plug-in."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, base: type[T]) -> list[type[T]]:
    """The concrete subclasses of `base` defined in the modules of `package`, ordered by module and name."""
    found: dict[tuple[str, str], type[T]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for name, member in inspect.getmembers(module, inspect.isclass):
            is_own = member.__module__ == module.__name__
            if is_own and issubclass(member, base) and not inspect.isabstract(member):
                found[module.__name__, name] = member
    return [found[key] for key in sorted(found)]
