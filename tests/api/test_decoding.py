from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.api import examples
from crossdock.api.decoding import decode, faults
from crossdock.api.errors import InvalidJson
from crossdock.kernel.errors import Invalid
from crossdock.orders.model import OrderIn

ORDER = msgspec.json.Decoder(OrderIn)
VALID: dict[str, Any] = examples.ORDERS["priced"]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=70),
    st.sampled_from(["GBP", "2026-11-21T09:00:00Z", "2026-11-21T09:00:00", "GB", "", "ship", "\x00", 1, 2.0, 10**6]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, and a new field in every object."""
    found = [at] if at else []
    if isinstance(value, dict):
        found += [(*at, "colour")]
        for key, inner in value.items():
            found += places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*at, index))
    return found


def put_at(document: Any, at: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    place = changed
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = value
    return changed


def refusal(body: bytes) -> Invalid | None:
    try:
        decode(ORDER, body)
    except Invalid as error:
        return error
    return None


@given(st.sampled_from(places(VALID)), values)
def test_a_document_has_faults_exactly_when_it_cannot_be_read(at: tuple[Any, ...], value: Any) -> None:
    body = msgspec.json.encode(put_at(VALID, at, value))
    plain = msgspec.json.decode(body)
    error = refusal(body)
    if error is None:
        assert list(faults(OrderIn, plain)) == []
    else:
        assert error.errors, error
        assert all(fault.pointer.startswith("/") for fault in error.errors), error.errors


@given(st.sampled_from([at for at in places(VALID) if at[-1] != "colour"]), values)
def test_the_pointer_of_a_fault_leads_to_its_place(at: tuple[Any, ...], value: Any) -> None:
    pointer = "".join(f"/{step}" for step in at)
    for fault in faults(OrderIn, msgspec.json.decode(msgspec.json.encode(put_at(VALID, at, value)))):
        assert fault.pointer == pointer or fault.pointer.startswith(pointer + "/")


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    error = refusal(body)
    assert error is None or error.status == 400


def test_a_body_of_another_kind_that_stops_being_text_is_told_as_no_json():
    with pytest.raises(InvalidJson, match="not JSON"):
        decode(msgspec.json.Decoder(dict[str, int]), b'"\xef\xbf\xbd#"\nAB\xa7')
