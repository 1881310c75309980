"""What facts do to counters: recorded whatever they do to the numbers; only they raise ``short``."""

from __future__ import annotations

from crossdock.inventory.model import Counters


def with_on_hand(before: Counters, on_hand: int) -> Counters:
    """Return the change that brings ``on_hand`` to a value.

    ``short`` follows: it is what is claimed beyond what is there, so what arrives pays it first.
    """
    claimed = before.reserved + before.allocated
    short = max(0, claimed - on_hand)
    return Counters(on_hand=on_hand - before.on_hand, short=short - before.short)


def with_allocated(before: Counters, allocated: int) -> Counters:
    """Return the change that brings ``allocated`` to a value; units released that were never there pay ``short``."""
    short = max(0, before.reserved + allocated - before.on_hand)
    return Counters(allocated=allocated - before.allocated, short=min(0, short - before.short))


def with_reserved(before: Counters, reserved: int) -> Counters:
    """Return the change that brings ``reserved`` to a value; units given back that were never there pay ``short``."""
    short = max(0, reserved + before.allocated - before.on_hand)
    return Counters(reserved=reserved - before.reserved, short=min(0, short - before.short))
