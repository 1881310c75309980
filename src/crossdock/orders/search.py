"""What can be asked of the list of orders, as a value; queries turn it into SQL."""

from __future__ import annotations

from typing import Literal

import msgspec

Sort = Literal["-placed_at", "placed_at", "-captured_at", "captured_at"]


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders are wanted; every filter that is given must hold. Instants are microseconds UTC."""

    statuses: tuple[int, ...] = ()
    channel: str | None = None
    q: str | None = None
    sku: str | None = None
    location: str | None = None
    on_hold: bool | None = None
    queued: bool | None = None
    placed_from: int | None = None
    placed_to: int | None = None
