"""Money is integer minor units with its currency; prices of decisions are 1/1000 of the minor unit (milli)."""

from __future__ import annotations

import msgspec

MILLI = 1000
# ISO 4217 currencies whose minor unit is not a hundredth; all others have two digits.
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_NO_DIGITS.split(), 0) | dict.fromkeys(_THREE_DIGITS.split(), 3)
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units and its ISO 4217 currency."""

    amount: int
    currency: str


def digits(currency: str) -> int:
    """Return how many digits the currency's minor unit has (GBP 2, JPY 0, KWD 3)."""
    return _DIGITS.get(currency, 2)


def milli_to_minor(milli: int) -> int:
    """Round 1/1000 minor units to minor units, halves away from zero, for people to read."""
    return (milli + 500) // 1000 if milli >= 0 else -((-milli + 500) // 1000)


def show(amount: int, currency: str) -> str:
    """Write minor units as people read them: ``show(-123456, "GBP")`` is ``-£1,234.56``."""
    places = digits(currency)
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), 10**places)
    number = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    symbol = _SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"


def apportion(total: int, weights: list[int]) -> list[int]:
    """Split a total over weights by largest remainder, so that the parts add up exactly.

    Ties go to the earlier part. All weights zero: the parts are equal but for the remainder.
    """
    if not weights:
        return []
    base = sum(weights)
    if base == 0:
        weights, base = [1] * len(weights), len(weights)
    sign = -1 if total < 0 else 1
    parts = [divmod(abs(total) * weight, base) for weight in weights]
    left = abs(total) - sum(quotient for quotient, _ in parts)
    order = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))[:left]
    raised = set(order)
    return [sign * (quotient + (index in raised)) for index, (quotient, _) in enumerate(parts)]
