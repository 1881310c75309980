"""The year is read and reconciled once for all tests of the demonstration."""

from __future__ import annotations

import pytest

from crossdock.demo import online_retail
from crossdock.demo.online_retail import RetailRows, SourceRow
from crossdock.demo.reconcile import Reconciliation, reconcile
from crossdock.demo.retailer import Retailer, make_retailer


@pytest.fixture(scope="session")
def year() -> RetailRows:
    return online_retail.load()


@pytest.fixture(scope="session")
def rows(year: RetailRows) -> list[SourceRow]:
    return list(year.rows())


@pytest.fixture(scope="session")
def reconciled(year: RetailRows) -> Reconciliation:
    return reconcile(year)


@pytest.fixture(scope="session")
def retailer(reconciled: Reconciliation) -> Retailer:
    return make_retailer(reconciled.orders, reconciled.cancellations)
