"""The country names of the data set, and which country each of them is."""

from __future__ import annotations

BY_NAME: dict[str, str | None] = {
    "Australia": "AU",
    "Austria": "AT",
    "Bahrain": "BH",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    # Two bailiwicks and no country of its own in ISO 3166; carriers rate both alike, Jersey stands for them.
    "Channel Islands": "JE",
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Denmark": "DK",
    "EIRE": "IE",
    "European Community": None,
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Greece": "GR",
    "Hong Kong": "HK",
    "Iceland": "IS",
    "Israel": "IL",
    "Italy": "IT",
    "Japan": "JP",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "RSA": "ZA",
    "Saudi Arabia": "SA",
    "Singapore": "SG",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "USA": "US",
    "United Arab Emirates": "AE",
    "United Kingdom": "GB",
    "Unspecified": None,
}
"""ISO 3166 code by the name in the file; None is a name that is no country, whose orders go to review."""


def country_code(name: str) -> tuple[str | None, str | None]:
    """Tell the ISO code of a country name, or else why the order must be reviewed (exactly one is given)."""
    code = BY_NAME.get(name)
    if code is not None:
        return code, None
    if name in BY_NAME:
        return None, f"{name!r} is not a country"
    return None, f"{name!r} is not a country known to the demonstration"
