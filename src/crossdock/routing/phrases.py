"""Small words for people: amounts, counts, lists."""

from collections.abc import Iterable

from crossdock.kernel.money import milli_to_minor, show


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


def upper(text: str) -> str:
    """Begin a sentence."""
    return text[:1].upper() + text[1:]
