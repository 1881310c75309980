"""Commands on stock views and on shares between channels."""

from __future__ import annotations

from crossdock.inventory.share_model import ShareGroup
from crossdock.inventory.view_model import StockView
from crossdock.orchestration.commands import Command, Put


class PutView(Command, frozen=True):
    """Make a stock view the active one of its code; decisions keep the version they rest on. Answer: ViewPut."""

    view: StockView


class PutShareGroups(Command, frozen=True):
    """Create or replace groups of channels that share stock, all or none. Answer: ViewPut."""

    groups: tuple[ShareGroup, ...]


class ViewPut(Put):
    """Answer of PutView and PutShareGroups: with what is odd about the documents, though it is allowed."""

    warnings: tuple[str, ...] = ()
