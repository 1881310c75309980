"""The year is read and reconciled once for all tests of the demonstration."""

from __future__ import annotations

import pytest

from crossdock.demo import online_retail
from crossdock.demo.online_retail import RetailRows
from crossdock.demo.reconcile import Reconciliation, reconcile


@pytest.fixture(scope="session")
def year() -> RetailRows:
    return online_retail.load()


@pytest.fixture(scope="session")
def reconciled(year: RetailRows) -> Reconciliation:
    return reconcile(year)
