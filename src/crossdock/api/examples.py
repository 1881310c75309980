"""Documents that show how the API is used; the tests send every one of them."""

from __future__ import annotations

from typing import Any

_GBP = "GBP"


def money(amount: int) -> dict[str, Any]:
    """Return an amount in pence."""
    return {"amount": amount, "currency": _GBP}


ADDRESS: dict[str, Any] = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}

ORDERS: dict[str, Any] = {
    "one_line": {
        "channel": "web",
        "external_id": "W-1001",
        "placed_at": "2026-11-21T09:00:00Z",
        "currency": _GBP,
        "customer": {"external_id": "C-77", "name": "Ada Lovelace", "email": "ada@example.org"},
        "lines": [
            {"sku": "85123A", "name": "White hanging heart", "quantity": 2, "unit_price": money(295)},
        ],
        "deliveries": [{"destination": ADDRESS}],
    },
    "priced": {
        "channel": "web",
        "external_id": "W-1002",
        "placed_at": "2026-11-21T10:30:00+01:00",
        "currency": _GBP,
        "lines": [
            {
                "sku": "85123A",
                "quantity": 1,
                "unit_price": money(295),
                "external_id": "1",
                "discounts": [{"code": "WELCOME10", "amount": money(30)}],
                "taxes": [{"amount": money(44), "rate": 2000, "jurisdiction": "GB"}],
            },
            {"sku": "71053", "quantity": 6, "unit_price": money(339), "external_id": "2"},
        ],
        "deliveries": [{"destination": {**ADDRESS, "name": "Mary Somerville"}, "gift": True}],
        "charges": [{"code": "shipping", "amount": money(395)}],
        "total": money(2694),
        "tags": ["gift"],
        "metadata": {"basket": "b-88"},
    },
}

RECEIPT: dict[str, Any] = {
    "id": "ord_06ax7q2m00001",
    "channel": "web",
    "external_id": "W-1001",
    "status": "allocated",
    "placed_at": "2026-11-21T09:00:00Z",
    "captured_at": "2026-11-21T09:00:01Z",
    "decisions": ["dec_06ax7q2m00003"],
    "fulfillments": [
        {"id": "ful_06ax7q2m00002", "location": "DC1", "lines": [{"demand": 1, "quantity": 2}]},
    ],
    "queued": [],
    "reservation": None,
    "links": {
        "self": "/v1/orders/ord_06ax7q2m00001",
        "timeline": "/v1/orders/ord_06ax7q2m00001/timeline",
        "decisions": "/v1/orders/ord_06ax7q2m00001/decisions",
        "fulfillments": "/v1/orders/ord_06ax7q2m00001/fulfillments",
    },
    "version": 1,
}

CANCEL: dict[str, Any] = {"lines": [{"line": 1, "quantity": 1}], "reason": "customer changed their mind"}
CANCEL_ALL: dict[str, Any] = {"reason": "customer changed their mind"}
AMEND_ADDRESS: dict[str, Any] = {
    "destination": {**ADDRESS, "line1": "1 Deansgate", "city": "Manchester", "postal_code": "M3 1AZ"},
    "reason": "moved house",
}
HOLD: dict[str, Any] = {"reason": "fraud", "note": "score 81"}
ROUTE: dict[str, Any] = {"reason": "manual"}

ITEM: dict[str, Any] = {
    "sku": "85123A",
    "name": "White hanging heart",
    "weight_g": 240,
    "category": "home",
    "length_mm": 120,
    "width_mm": 110,
    "height_mm": 30,
}
OTHER_ITEM: dict[str, Any] = {"sku": "71053", "name": "White metal lantern", "weight_g": 610}
LOCATION: dict[str, Any] = {
    "code": "DC1",
    "name": "Daventry distribution centre",
    "kind": "dc",
    "address": {"country": "GB", "city": "Daventry", "postal_code": "NN11 8QL"},
    "latitude": 52.2725,
    "longitude": -1.1466,
    "time_zone": "Europe/London",
    "capabilities": ["ship", "ambient"],
    "calendar": {"work_days": ["mon", "tue", "wed", "thu", "fri", "sat"], "cut_off": "16:00"},
    "handling_parcel": 55000,
    "handling_line": 12000,
    "handling_unit": 3000,
    "rank": 10,
}
CHANNEL: dict[str, Any] = {
    "code": "web",
    "name": "Web shop",
    "currency": _GBP,
    "legal_entity": "Crossdock Demo Ltd",
    "policy": "standard",
    "service_days": 3,
}
POLICY: dict[str, Any] = {
    "card": {
        "currency": _GBP,
        "zones": [
            {"up_to_km": 80, "base": 290000, "per_kg": 25000, "transit_days": 1},
            {"up_to_km": 20016, "base": 390000, "per_kg": 35000, "transit_days": 2},
        ],
        "lanes": [
            {"origins": ["GB"], "destinations": ["*"], "base": 990000, "per_kg": 450000, "transit_days": 5},
        ],
        "parcel_limit_g": 30000,
    },
    "split": "unit",
    "max_locations": 3,
    "extra_parcel": 100000,
    "lateness_per_day": 50000,
    "leftover": "backorder",
}
ROUTING_POLICY: dict[str, Any] = {
    "code": "standard",
    "name": "Big orders from the centres",
    "time_zone": "Europe/London",
    "card": POLICY["card"],
    "routes": [
        {
            "name": "Big orders from the centres",
            "when": {
                "type": "all",
                "of": [
                    {"type": "number", "fact": "units", "at_least": 10},
                    {"type": "during", "days": ["mon", "tue", "wed", "thu", "fri"]},
                ],
            },
            "fences": [{"type": "among", "sites": {"kinds": ["dc"]}}],
            "max_locations": 2,
            "leftover": "next_route",
        },
        {"name": "Everything", "extra_parcel": 100000, "leftover": "backorder", "cancel_after_hours": 336},
    ],
}
FACTS: dict[str, Any] = {
    "source": "wms",
    "facts": [
        {
            "record": "R-1",
            "kind": "received",
            "sku": "85123A",
            "location": "DC1",
            "quantity": 500,
            "occurred_at": "2026-11-20T08:00:00Z",
        },
        {
            "record": "R-2",
            "kind": "counted",
            "sku": "71053",
            "location": "DC1",
            "quantity": 120,
            "occurred_at": "2026-11-20T08:05:00Z",
            "reason": "cycle count",
        },
    ],
}
SUPPLY: dict[str, Any] = {
    "lines": [
        {"reference": "PO-4711", "sku": "85123A", "location": "DC1", "expected_on": "2026-12-07", "quantity": 500},
        {
            "reference": "T-88",
            "line": "2",
            "kind": "transfer",
            "sku": "71053",
            "location": "DC1",
            "expected_on": "2026-11-25",
            "quantity": 12,
        },
    ]
}
RECEIPTS: dict[str, Any] = {
    "source": "wms",
    "receipts": [
        {"record": "GRN-1", "reference": "PO-4711", "quantity": 480, "occurred_at": "2026-11-20T10:00:00Z"},
        {
            "record": "GRN-2",
            "reference": "T-88",
            "line": "2",
            "quantity": 11,
            "occurred_at": "2026-11-20T10:05:00Z",
            "final": True,
        },
    ],
}
FEED: dict[str, Any] = {
    "code": "wms",
    "name": "Warehouse system",
    "basis": "physical",
    "silent_after_s": 3600,
    "when_silent": "keep",
}
FEED_NDJSON = (
    '{"kind":"counted","sku":"85123A","location":"DC1","quantity":120,"occurred_at":"2026-11-20T08:00:00Z"}\n'
    '{"kind":"received","sku":"71053","location":"DC1","quantity":48,"occurred_at":"2026-11-20T08:05:00Z",'
    '"record":"GR-1001"}\n'
)
FEED_CSV = "sku,location,quantity,kind,occurred_at,record\n85123A,DC1,120,counted,2026-11-20T08:00:00Z,\n"
KEY: dict[str, Any] = {"name": "web shop", "scopes": ["orders:write", "orders:read"]}
NDJSON = (
    '{"channel":"web","external_id":"N-1","placed_at":"2026-11-21T09:00:00Z","currency":"GBP",'
    '"lines":[{"sku":"85123A","quantity":1,"unit_price":{"amount":295,"currency":"GBP"}}],'
    '"deliveries":[{"destination":{"country":"GB","postal_code":"SW1Y 4JH"}}]}\n'
)

SUPPLY_NDJSON = (
    '{"reference":"PO-4711","sku":"85123A","location":"DC1","expected_on":"2026-12-07","quantity":500}\n'
    '{"reference":"PO-4711","line":"2","sku":"71053","location":"DC1","expected_on":"2026-12-09","quantity":48}\n'
)

PAIRS: dict[str, Any] = {
    "pairs": [
        {"sku": "85123A", "channel": "web"},
        {"sku": "85123A", "channel": "web", "location": "DC1"},
        {"sku": "71053"},
    ],
}

VIEW: dict[str, Any] = {
    "code": "web",
    "name": "What the web shop sells",
    "locations": [{"kinds": ["dc"]}, {"kinds": ["store"], "tags": ["ships-from-store"]}],
    "exclusions": [
        {"categories": ["clearance"], "locations": {"kinds": ["store"]}, "note": "left to the tills"},
        {"stale": True},
    ],
    "buffers": [{"units": 2, "locations": {"kinds": ["store"]}}, {"items": ["85123A"], "percent": 10}],
    "safety_stock": [{"items": ["85123A"], "units": 5}],
    "find": [{"permille": 900, "locations": {"kinds": ["store"]}}],
    "confidence": 950,
    "backorders": [{"units": 50}],
}
SHARE_GROUP: dict[str, Any] = {
    "code": "marketplaces",
    "name": "Marketplaces",
    "channels": [],
    "strategy": "restrict",
    "amounts": [{"percent": 20}, {"items": ["85123A"], "units": 40}],
}

ASSIGN: dict[str, Any] = {"location": "S1", "reason": "The customer lives next door."}
OFFER: dict[str, Any] = {"locations": ["DC1", "S1"], "minutes": 30}
CHOOSE: dict[str, Any] = {"option": "ship"}
PREVIEW: dict[str, Any] = {"fulfillment_id": "ful_06ax7q2m00002", "location": "S1"}
