"""When two documents are the same order."""

from datetime import UTC, datetime, timedelta, timezone

from msgspec.structs import replace

from crossdock.kernel.content import content_hash
from crossdock.orders.content import order_hash
from tests.support.world import order

AHEAD = timezone(timedelta(hours=5, minutes=30))


def test_the_same_instant_written_in_another_zone_is_the_same_order() -> None:
    document = order("A1", ("MUG", 1))
    by = datetime(2026, 12, 1, 12, tzinfo=UTC)
    delivery = replace(document.deliveries[0], by=by)
    here = replace(document, deliveries=(delivery,))
    placed, wanted = here.placed_at.astimezone(AHEAD), replace(delivery, by=by.astimezone(AHEAD))
    there = replace(here, placed_at=placed, deliveries=(wanted,))
    assert content_hash(there) != content_hash(here)
    assert order_hash(there) == order_hash(here) == content_hash(here)


def test_another_instant_is_another_content() -> None:
    document = order("A1", ("MUG", 1))
    later = replace(document, placed_at=document.placed_at + timedelta(microseconds=1))
    assert order_hash(later) != order_hash(document)
