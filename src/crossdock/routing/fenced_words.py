"""Why locations were out of the question, alone and several at once, in plain English."""

from collections.abc import Iterable

from crossdock.routing.phrases import many
from crossdock.routing.verdicts import Verdict

_WHY = {
    "excluded": ("the policy leaves it out", "the policy leaves them out"),
    "market": ("the channel does not sell to this country", "the channel does not sell to this country"),
    "capability": ("it cannot do what the order needs", "they cannot do what the order needs"),
    "country": (
        "no tariff leads from its country to the customer's",
        "no tariff leads from their country to the customer's",
    ),
    "distance": ("it is further away than the tariff goes", "they are further away than the tariff goes"),
    "calendar": ("its calendar is closed", "their calendars are closed"),
    "accepting": ("it is not accepting orders now", "they are not accepting orders now"),
    "capacity": ("it can take no more work on that day", "they can take no more work on that day"),
    "units_room": ("it has no room for more units on that day", "they have no room for more units on that day"),
    "barred": ("it rejected this before", "they rejected this before"),
    "view": ("what it has is hidden by", "what they have is hidden by"),
    "stock": ("it has nothing of what was ordered", "they have nothing of what was ordered"),
    "serves_market": ("it does not serve the customer's country", "they do not serve the customer's country"),
    "in_time": ("its parcel would come too late", "their parcels would come too late"),
    "keeps_stock": ("what it has must stay there", "what they have must stay there"),
}
_OWN = {
    "among": "the policy ships {}",
    "without": "the policy ships {}",
    "near": "the policy asks for a location {}",
    "has_share": "the policy asks for a location that {}",
    "carrier": "the policy asks that {}",
    "handling": "the policy allows {}",
    "when": "the policy asks that {}",
}
_SHOWN = 3


_NOT_HERE = ("it is not where this is collected", "they are not where this is collected")


def fenced(verdicts: Iterable[Verdict], *, collected: bool = False) -> list[str]:
    """Say which locations were out of the question; those with the same reason together."""
    out = []
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.standing == "fenced":
            groups.setdefault(_why(verdict, collected=collected), []).append(verdict)
    for (why, several), found in groups.items():
        if len(found) == 1:
            out.append(f"{found[0].name} was out of the question: {why}.")
        else:
            shown = ", ".join(verdict.name for verdict in found[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            out.append(f"{many(len(found), 'location')} were out of the question ({shown}{more}): {several}.")
    return out


def reason(verdict: Verdict, *, collected: bool = False) -> str:
    """Say why one location was out of the question."""
    return _why(verdict, collected=collected)[0]


def _why(verdict: Verdict, *, collected: bool) -> tuple[str, str]:
    """Say why a location was out of the question, alone and as one of several; of a view, by which of its rules."""
    check = verdict.failed[0]
    if check.fence in _OWN:
        text = _OWN[check.fence].format(check.expected)
        return text, text
    if collected and check.fence in {"distance", "capability"}:
        return _NOT_HERE
    why, several = _WHY[check.fence]
    if check.fence != "view":
        return why, several
    rules = "; ".join(dict.fromkeys(line.rule for line in verdict.held if line.hidden))
    told = f"{check.expected.removeprefix('shown by ')}: {rules}"
    return f"{why} {told}", f"{several} {told}"
