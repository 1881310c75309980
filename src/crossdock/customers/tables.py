"""Tables of the vault: the only place where a person can be read, and so the only place to erase one."""

from __future__ import annotations

from sqlalchemy import Index

from crossdock.storage.schema import big, table, text

parties = table(
    "parties",
    big("id", primary_key=True, autoincrement=False),
    big("channel_id"),
    text("external_id", nullable=True),
    # Contact data as JSON; NULL after erasure.
    text("data", nullable=True),
    big("erased_at", nullable=True),
    Index("ix_parties_external_id", "channel_id", "external_id"),
)

addresses = table(
    "addresses",
    big("id", primary_key=True, autoincrement=False),
    big("party_id"),
    text("data", nullable=True),
    Index("ix_addresses_party_id", "party_id"),
)
