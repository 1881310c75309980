"""Hand-made rows in the shape of the shipped file."""

from __future__ import annotations

import csv
import io

from crossdock.demo import online_retail
from crossdock.demo.online_retail import RetailRows

Row = tuple[str, str, str | None, int, str, str, int | None, str]
NOON = "2011-03-01 12:00"
"""A moment in winter, when UK time is UTC."""


def row(
    invoice: str = "540001",
    code: str = "22423",
    quantity: int = 1,
    price: str = "2.55",
    *,
    at: str = NOON,
    customer: int | None = 17850,
    country: str = "United Kingdom",
    description: str | None = "REGENCY CAKESTAND 3 TIER",
) -> Row:
    return invoice, code, description, quantity, at, price, customer, country


def file_of(*rows: Row) -> RetailRows:
    """Write the rows as the shipped file has them, and read that."""
    pairs = list(dict.fromkeys((r[1], r[2]) for r in rows))
    headers = [(r[0], r[4], r[6], r[7], 1) for r in rows]
    lines = [(pairs.index((r[1], r[2])), r[3], round(float(r[5]) * 1000)) for r in rows]
    tables = (
        table("invoice,placed_at,customer,country,rows", headers),
        table("stock_code,description", pairs),
        table("product,quantity,price", lines),
    )
    return online_retail.decode("\n\n".join(tables))


def table(header: str, records: object) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(records)  # type: ignore[arg-type]
    return out.getvalue().rstrip("\n")
