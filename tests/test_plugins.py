"""The folder is the registry: what is found in one, and that plug-ins beside each other do not know each other."""

from __future__ import annotations

import ast
import inspect
import sys
from types import ModuleType

import pytest

import forensics.channels
import forensics.decoders
import forensics.matchers
from forensics.channels.base import Channel
from forensics.channels.datagrams import DatagramChannel
from forensics.decoders.base import Decoder
from forensics.matchers.base import Matcher
from forensics.plugins import discover

FOLDERS = [
    (forensics.channels, (Channel, DatagramChannel)),
    (forensics.decoders, (Decoder,)),
    (forensics.matchers, (Matcher,)),
]


def imported(module: str) -> set[str]:
    """What a module names in its imports."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names.union(*({str(node.module), *(f"{node.module}.{each.name}" for each in node.names)} for node in froms))


def modules_of(folder: ModuleType, base: type[object]) -> set[str]:
    """Where the plug-ins of a folder are."""
    return {kind.__module__ for kind in discover(folder, base)}


@pytest.mark.parametrize(("folder", "bases"), FOLDERS, ids=lambda each: getattr(each, "__name__", ""))
def test_plugins_of_a_folder_do_not_import_each_other(folder: ModuleType, bases: tuple[type, ...]) -> None:
    plugins: set[str] = set().union(*(modules_of(folder, base) for base in bases))
    assert len(plugins) > 4
    found = {plugin: imported(plugin) & plugins for plugin in plugins}
    assert {plugin: others for plugin, others in found.items() if others} == {}
