from __future__ import annotations

import enum
from typing import Any, get_args

import pytest

from crossdock.fulfillment import model as fulfillment
from crossdock.fulfillment import views as fulfillment_views
from crossdock.inventory import model as inventory
from crossdock.inventory import views as inventory_views
from crossdock.orders import model as orders
from crossdock.orders import views as order_views


@pytest.mark.parametrize(
    ("words", "states"),
    [
        (order_views.StatusWord, orders.Status),
        (order_views.PaymentWord, orders.Payment),
        (order_views.PromiseWord, orders.Promise),
        (order_views.CancellationWord, orders.Cancellation),
        (order_views.OriginWord, orders.Origin),
        (order_views.ExecutionWord, fulfillment.Execution),
        (fulfillment_views.ExecutionWord, fulfillment.Execution),
        (fulfillment_views.NegotiationWord, fulfillment.Negotiation),
        (fulfillment_views.CancellationWord, fulfillment.Cancellation),
        (inventory_views.MovementWord, inventory.MovementType),
        (inventory_views.CauseWord, inventory.CauseKind),
    ],
    ids=range(11),
)
def test_the_words_that_are_shown_are_the_states_that_are_stored(words: Any, states: type[enum.IntEnum]) -> None:
    assert get_args(words) == tuple(state.name.lower() for state in sorted(states))
    assert [state.value for state in sorted(states)] == list(range(1, len(states) + 1))


@pytest.mark.parametrize(
    ("states", "table"),
    [
        (fulfillment.Execution, fulfillment.EXECUTION),
        (fulfillment.Negotiation, fulfillment.NEGOTIATION),
        (fulfillment.Cancellation, fulfillment.CANCELLATION),
    ],
)
def test_every_state_of_a_fulfillment_can_be_reached(states: type[enum.IntEnum], table: Any) -> None:
    reached, new = set(), {fulfillment.START[states]}
    while new:
        reached |= new
        new = {after for state in new for after in table[state]} - reached
    assert reached == set(states)
    assert set(table) == set(states)
