"""Small words for people: amounts, counts, lists."""

import re
from collections.abc import Callable, Iterable
from datetime import date

from crossdock.kernel.money import milli_to_minor, show

_DAY = re.compile(r"\bday (7\d{5})\b")


def money(milli: int, currency: str) -> str:
    """Write an amount for people: rounded to the minor unit, half away from zero."""
    return show(milli_to_minor(milli), currency)


def many(count: int, one: str, more: str = "") -> str:
    """Write a number of things: "1 parcel", "2 parcels"."""
    return f"{count} {one}" if count == 1 else f"{count} {more or one + 's'}"


def joined(parts: Iterable[str], word: str = "and") -> str:
    """Write a list as people do: "a, b and c"."""
    all_of = list(parts)
    return all_of[0] if len(all_of) == 1 else f"{', '.join(all_of[:-1])} {word} {all_of[-1]}" if all_of else ""


def dated(text: str, shown: Callable[[date], str] = date.isoformat) -> str:
    """Write the days of a text, which routing counts, as dates: "on day 740000" becomes "on 2027-01-27"."""
    return _DAY.sub(lambda match: shown(date.fromordinal(int(match[1]))), text)


def upper(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]
