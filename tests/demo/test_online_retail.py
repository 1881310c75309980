"""The shipped file is the published data set, row by row."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest

from crossdock.demo import online_retail
from crossdock.demo.online_retail import RetailRows, SourceRow
from tests.demo.rows import file_of, row

# Of the 541,909 rows as the publisher has them, written with repr, one a line. `tools/make_demo_data.py` compares the
# shipped file with its source cell by cell; this is the digest of what it compared.
PUBLISHED = "7d5edf493465c4566aa9e8637edd9c7f6f6b15a390625c7560ed0a6204e80c96"


def test_all_rows_of_the_published_data_set_are_there(year: RetailRows):
    assert len(year) == online_retail.ROWS == 541_909


def test_the_rows_are_those_that_were_published_in_their_order(rows: list[SourceRow]):
    digest = hashlib.sha256()
    for r in rows:
        digest.update(repr((*r[:4], r.placed_at.isoformat(), *r[5:])).encode())
    assert digest.hexdigest() == PUBLISHED


def test_the_independent_counts_of_the_publisher_hold(rows: list[SourceRow]):
    assert sum(r.description is None for r in rows) == 1_454
    assert sum(r.customer is None for r in rows) == 135_080
    assert sum(r.invoice.startswith("C") for r in rows) == 9_288
    assert sum(r.quantity < 0 for r in rows) == 10_624
    assert sum(r.price_mills == 0 for r in rows) == 2_515
    assert len({r.invoice for r in rows}) == 25_900
    assert len({r.customer for r in rows} - {None}) == 4_372
    assert len({r.country for r in rows}) == 38


def test_the_first_row_reads_as_published(year: RetailRows):
    assert next(year.rows()) == SourceRow(
        "536365",
        "85123A",
        "WHITE HANGING HEART T-LIGHT HOLDER",
        6,
        datetime(2010, 12, 1, 8, 26),  # noqa: DTZ001 - the file has wall-clock time
        2550,
        17850,
        "United Kingdom",
    )


def test_a_missing_description_and_a_guest_stay_missing():
    read = next(file_of(row(description=None, customer=None)).rows())
    assert (read.description, read.customer) == (None, None)


def test_a_description_with_commas_and_quotes_comes_back_whole():
    assert next(file_of(row(description='BAG, "LARGE"')).rows()).description == 'BAG, "LARGE"'


def test_a_file_without_its_three_tables_is_refused():
    with pytest.raises(ValueError, match="expected the tables"):
        online_retail.decode("invoice,quantity\n1,2")


def test_a_file_whose_invoices_announce_other_rows_is_refused():
    with pytest.raises(ValueError, match="announce 2 rows, the file has 1"):
        online_retail.decode(
            "invoice,placed_at,customer,country,rows\n540001,2011-03-01 12:00,,EIRE,2\n\n"
            "stock_code,description\n22423,CAKESTAND\n\n"
            "product,quantity,price\n0,1,2550"
        )
