"""A conversation as a script: who says what, what is lost, who hangs up; and the objects that come of it."""

from __future__ import annotations

from forensics.channels.exchange import Exchange
from forensics.model import Gap, WireObject

CLIENT, SERVER = 0, 1
ENDS = (("10.1.0.5", 40000), ("192.0.2.80", 8080))
CLOSE = None


def tell(listener, script, *, step=0):
    """Tell the script to a listener: bytes, an int for a hole, None for a side that ends; `step` cuts the bytes."""
    for time, (side, what) in enumerate(script, start=1000):
        if what is None:
            listener.closed(side, float(time))
        elif isinstance(what, int):
            listener.hole(side, what, float(time))
        else:
            size = step or len(what) or 1
            for at in range(0, len(what), size):
                listener.data(side, what[at : at + size], float(time))


def talk(script, *, step=0, ends=ENDS) -> list[WireObject]:
    """The objects of one conversation that ends when the script does."""
    return [found for found in everything(script, step=step, ends=ends) if isinstance(found, WireObject)]


def everything(script, *, step=0, ends=ENDS) -> list[WireObject | Gap]:
    exchange = Exchange()
    tell(exchange.open("k", ends, 1000.0), [*script, *hang_up(script)], step=step)
    exchange.finish()
    return list(exchange.take())


def hang_up(script):
    return [(side, CLOSE) for side in (CLIENT, SERVER) if (side, CLOSE) not in script]


def brief(found: WireObject):
    """What most tests ask of an object."""
    return found.direction.value, found.name, found.content.bytes()
