"""The year of real invoice lines, read from the file that ships with Crossdock.

``data/online_retail.csv.xz`` holds all 541,909 rows and all eight columns of the UCI data set "Online Retail",
in their original order. What repeats is written once, which makes it half the size of the same rows in Parquet.
After decompression it is UTF-8 text with three comma-separated tables, each with a header, separated by an
empty line:

``invoice,placed_at,customer,country,rows``
    One record per run of neighbouring rows that share number, time, customer and country. ``placed_at`` is UK
    local time to the minute, ``customer`` is empty for a guest, ``rows`` is the length of the run.
``stock_code,description``
    Each distinct pair once, sorted; numbered from 0 in this order. An empty description is a missing one.
``product,quantity,price``
    One record per row: the number of the pair, the signed quantity, the unit price in thousandths of a pound.
"""

from __future__ import annotations

import csv
import io
import lzma
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

ROWS = 541_909
"""How many rows the published data set has (UCI, id 352)."""

_FILE = "data/online_retail.csv.xz"
_HEADERS = ("invoice,placed_at,customer,country,rows", "stock_code,description", "product,quantity,price")

Ints = npt.NDArray[np.int64]


class Header(msgspec.Struct, frozen=True):
    """What the neighbouring rows of one invoice share; ``placed_at`` is naive UK local time."""

    invoice: str
    placed_at: datetime
    customer: int | None
    country: str
    first_row: int
    rows: int


class Product(NamedTuple):
    """A stock code exactly as written in the file, with one of its descriptions."""

    stock_code: str
    description: str | None


class SourceRow(NamedTuple):
    """One row as the publisher wrote it; the price in thousandths of a pound."""

    invoice: str
    stock_code: str
    description: str | None
    quantity: int
    placed_at: datetime
    price_mills: int
    customer: int | None
    country: str


class RetailRows(msgspec.Struct, frozen=True):
    """The rows as parallel arrays, one entry per row in file order.

    ``header`` and ``product`` index the two lists, ``price_mills`` is in thousandths of a pound. Rows are
    numbered from 0.
    """

    headers: list[Header]
    products: list[Product]
    header: Ints
    product: Ints
    quantity: Ints
    price_mills: Ints

    def __len__(self) -> int:
        return len(self.product)

    def rows(self) -> Iterator[SourceRow]:
        """Give back the rows as published, one by one in their original order."""
        columns = (self.header.tolist(), self.product.tolist(), self.quantity.tolist(), self.price_mills.tolist())
        for header_index, product_index, quantity, price in zip(*columns, strict=True):
            header, product = self.headers[header_index], self.products[product_index]
            yield SourceRow(
                header.invoice,
                product.stock_code,
                product.description,
                quantity,
                header.placed_at,
                price,
                header.customer,
                header.country,
            )


def load() -> RetailRows:
    """Read the shipped year in well under a second."""
    packed = files("crossdock.demo").joinpath(_FILE).read_bytes()
    return decode(lzma.decompress(packed).decode("utf-8"))


def decode(text: str) -> RetailRows:
    """Turn the text of the shipped file into rows.

    Raises ``ValueError`` if the text does not have the three tables, or if they disagree about the number of rows.
    """
    tables = text.split("\n\n")
    found = tuple(table.split("\n", 1)[0] for table in tables)
    if found != _HEADERS:
        raise ValueError(f"expected the tables {_HEADERS}, found {found}")
    headers = _headers(tables[0])
    products = [Product(code, description or None) for code, description in _records(tables[1])]
    numbers = _numbers(tables[2])
    lengths = np.array([header.rows for header in headers], dtype=np.int64)
    if int(lengths.sum()) != len(numbers):
        raise ValueError(f"the invoices announce {int(lengths.sum())} rows, the file has {len(numbers)}")
    return RetailRows(
        headers=headers,
        products=products,
        header=np.repeat(np.arange(len(headers), dtype=np.int64), lengths),
        product=np.ascontiguousarray(numbers[:, 0]),
        quantity=np.ascontiguousarray(numbers[:, 1]),
        price_mills=np.ascontiguousarray(numbers[:, 2]),
    )


def _records(table: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(table))
    next(reader)
    return reader


def _headers(table: str) -> list[Header]:
    headers: list[Header] = []
    first_row = 0
    for invoice, placed_at, customer, country, rows in _records(table):
        headers.append(
            Header(
                invoice=invoice,
                placed_at=datetime.fromisoformat(placed_at),
                customer=int(customer) if customer else None,
                country=country,
                first_row=first_row,
                rows=int(rows),
            )
        )
        first_row += int(rows)
    return headers


def _numbers(table: str) -> Ints:
    body = table.split("\n", 1)[1]
    flat = np.fromstring(body.replace("\n", ","), dtype=np.int64, sep=",")
    if len(flat) % 3:
        raise ValueError(f"the rows have {len(flat)} numbers in all, not three each")
    return flat.reshape(-1, 3)
