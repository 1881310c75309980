"""Putting people into the vault, and finding them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crossdock.customers import tables
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_encode = msgspec.json.Encoder().encode


class Contact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach a party."""

    name: str = ""
    email: str = ""
    phone: str = ""


def known(session: Session, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Return the party ids of these customers (channel id, external id)."""
    sql = """
        WITH k(channel_id, external_id) AS ({keys})
        SELECT p.channel_id, p.external_id, min(p.id)
        FROM k JOIN parties p ON p.channel_id = k.channel_id AND p.external_id = k.external_id
        GROUP BY p.channel_id, p.external_id
    """
    rows = session.fetch_keys(sql, ("bigint", "text"), sorted(set(keys)))
    return {(channel, external): party for channel, external, party in rows}


def party_row(party_id: int, channel_id: int, external_id: str | None, contact: Contact) -> tuple[Any, ...]:
    """Return the row of a new party."""
    return party_id, channel_id, external_id, _encode(contact).decode(), None


def address_row(address_id: int, party_id: int, address: msgspec.Struct) -> tuple[Any, ...]:
    """Return the row of an address."""
    return address_id, party_id, _encode(address).decode()


def addresses_of(session: Session, order_id: int) -> dict[int, str | None]:
    """Return the addresses of an order's deliveries by number, as they are stored."""
    sql = "SELECT d.no, a.data FROM deliveries d JOIN addresses a ON a.id = d.address_id WHERE d.order_id = ?"
    return dict(map(tuple, session.fetch(sql, order_id)))


def insert(unit: Unit, parties: Sequence[Sequence[Any]], addresses: Sequence[Sequence[Any]]) -> None:
    """Put parties and addresses into the vault."""
    unit.insert(tables.parties, parties)
    unit.insert(tables.addresses, addresses)
