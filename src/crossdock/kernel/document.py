"""Field types of documents that come from outside: what is refused at the door is refused here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, dataclass_transform

import msgspec
from msgspec import Meta

MAX_MONEY = 1_000_000_000_000  # minor units: ten thousand million pounds, far below 2**53

# NUL is legal JSON and legal msgspec, but no PostgreSQL text. The door refuses it in the body as a whole
# (api.decoding): a pattern on each of an order's thirty texts would cost more than reading the order.
CLEAN = r"^[^\x00]*$"


def clean(*, min_length: int | None = None, max_length: int) -> Meta:
    """Return the rule of a free text: its length, and in the published schema that it holds no NUL."""
    return Meta(min_length=min_length, max_length=max_length, extra_json_schema={"pattern": CLEAN})


Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
ExternalId = Annotated[str, clean(min_length=1, max_length=120)]
Words = Annotated[str, clean(max_length=300)]
Text = Annotated[str, clean(max_length=2_000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217", examples=["GBP"])]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2", examples=["GB"])]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="ISO date")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with a zone or Z")]
Amount = Annotated[int, Meta(ge=-MAX_MONEY, le=MAX_MONEY, description="integer minor units")]
Metadata = Annotated[dict[Annotated[str, clean(max_length=64)], Words], Meta(max_length=50)]


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A document from outside: fields we do not know are refused."""
