"""An engine in a process of its own that can be killed; what it dies of is said, and the next question starts anew."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping

import msgspec

from forensics.errors import LimitReached, MissingToolError, RuleError, TimedOut
from forensics.rulebook.engine_child import Answer, Ask, receive, send
from forensics.rulebook.engines import Hit, Variables, why_missing

_MOST_DEATHS = 8
_PATIENCE_S = 30.0
"""Beyond the time a scan may take, for what else there is to do."""


class EngineApart:
    """An `Engine` behind two pipes. Raises MissingToolError when the engine is not installed."""

    def __init__(self, name: str) -> None:
        if why := why_missing(name):
            raise MissingToolError(f"engine {name}: {why}")
        self.name = name
        self.deaths = 0
        self._sources: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def compile(self, sources: Mapping[str, str]) -> None:
        """See `Engine.compile`."""
        self._sources = dict(sources)
        self._ask(Ask(sources=self._sources), _PATIENCE_S)

    def scan(self, data: bytes, variables: Variables, *, timeout_s: int) -> list[Hit]:
        """See `Engine.scan`."""
        if self._process is None:
            self._ask(Ask(sources=self._sources), _PATIENCE_S)
        asked = Ask(data=data, variables=dict(variables), timeout_s=timeout_s)
        return self._ask(asked, timeout_s + _PATIENCE_S)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, asked: Ask, patience_s: float) -> list[Hit]:
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        ending = threading.Timer(patience_s, process.kill)
        ending.start()
        try:
            send(process.stdin, asked)
            answer = msgspec.msgpack.decode(receive(process.stdout), type=Answer)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            raise LimitReached(f"engine {self.name} died: {self._bury(process)}") from error
        finally:
            ending.cancel()
        return _hits(answer)

    def _start(self) -> subprocess.Popen[bytes]:
        if self.deaths >= _MOST_DEATHS:
            raise LimitReached(f"engine {self.name} died {self.deaths} times and is not asked any more")
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "forensics.rulebook.engine_child", self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("EARWITNESS_DEBUG") else subprocess.DEVNULL,
        )

    def _bury(self, process: subprocess.Popen[bytes]) -> str:
        """End it for good and say how it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        self.close()
        self.deaths += 1
        code = process.returncode
        return f"signal {-code}" if code < 0 else f"exit status {code}"


def _hits(answer: Answer) -> list[Hit]:
    match answer.problem:
        case "rules":
            raise RuleError(answer.reason)
        case "late":
            raise TimedOut(answer.reason)
        case "limit":
            raise LimitReached(answer.reason)
    return answer.hits
