"""What can be asked of the writer about supply, as values."""

from __future__ import annotations

import msgspec

from crossdock.inventory.supply_model import SupplyLineIn
from crossdock.orchestration.commands import Answer, Command


class SupplyReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived of a supply line; told twice under one record of a source it counts once."""

    source: str
    record: str
    reference: str
    line: str
    quantity: int
    occurred_at: int
    final: bool = False


class PutSupply(Command, frozen=True):
    """Announce, change or call off supply lines, each on its own; who waits is bound anew. Answer: SupplyPut."""

    lines: tuple[SupplyLineIn, ...]


class ReceiveSupply(Command, frozen=True):
    """Record what arrived of supply lines: it serves who is bound to them, then who waits. Answer: SupplyReceived."""

    receipts: tuple[SupplyReceipt, ...]


class SupplyOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one line or receipt, and why it failed if it did."""

    result: str
    line_id: int = 0
    on_hand: int | None = None
    state: int = 0
    message: str = ""
    code: str = ""


class SupplyPut(Answer):
    """Answer of PutSupply: created, changed, unchanged or failed, in order."""

    outcomes: tuple[SupplyOutcome, ...]


class SupplyReceived(Answer):
    """Answer of ReceiveSupply: recorded, repeated or failed, in order."""

    outcomes: tuple[SupplyOutcome, ...]
