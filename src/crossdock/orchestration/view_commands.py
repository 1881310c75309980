"""Commands on stock views and on shares between channels."""

from __future__ import annotations

from crossdock.inventory.view_model import StockView
from crossdock.orchestration.commands import Command, Put


class PutView(Command, frozen=True):
    """Make a stock view the active one of its code; decisions keep the version they rest on. Answer: ViewPut."""

    view: StockView


class ViewPut(Put):
    """Answer of PutView: with what is odd about the view, though it is allowed."""

    warnings: tuple[str, ...] = ()
