"""How long locations have to answer, and how long one that said no is left in peace."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from crossdock.kernel.document import Input

Minutes = Annotated[int, Meta(ge=1, le=40_320)]


class WorkRules(Input):
    """What holds for every location that has no times of its own."""

    exclude_hours: Annotated[
        int, Meta(ge=0, le=8_760, description="how long a location that rejected a line is not asked for it again")
    ] = 168
    accept_minutes: Annotated[
        Minutes | None, Meta(description="from release to acceptance, then others are asked; absent for no limit")
    ] = None
    start_minutes: Annotated[
        Minutes | None, Meta(description="from acceptance to start, then others are asked; absent for no limit")
    ] = None
    notice_minutes: Annotated[
        int, Meta(ge=0, le=40_320, description="how long before the end of either time notice is given")
    ] = 15
    offer_minutes: Annotated[Minutes, Meta(description="how long a job that is offered to several can be claimed")] = 30
    retry_minutes: Annotated[
        Minutes, Meta(description="how often work that was rejected and that nobody else could have is tried again")
    ] = 15
