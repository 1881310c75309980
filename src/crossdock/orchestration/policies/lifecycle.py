"""Where a version of a routing policy stands: one enum, one table of what may follow."""

from __future__ import annotations

import enum

from crossdock.orchestration.errors import PolicyNotReady


class State(enum.IntEnum):
    """The axis of a version; its content never changes."""

    DRAFT = 1
    VALIDATED = 2
    TRIED = 3
    ACTIVE = 4
    RETIRED = 5
    """It was active until another version was."""
    ROLLED_BACK = 6
    """It was active and was taken back."""
    REPLACED = 7
    """A newer draft was saved before it became active."""


WORDS: dict[State, str] = {state: state.name.lower() for state in State}

OPEN = (State.DRAFT, State.VALIDATED, State.TRIED)
"""The states of the one version that is being worked on."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.VALIDATED, State.REPLACED}),
    State.VALIDATED: frozenset({State.TRIED, State.ACTIVE, State.REPLACED}),
    State.TRIED: frozenset({State.ACTIVE, State.REPLACED}),
    State.ACTIVE: frozenset({State.RETIRED, State.ROLLED_BACK}),
    State.RETIRED: frozenset({State.ACTIVE}),
    State.ROLLED_BACK: frozenset({State.ACTIVE}),
    State.REPLACED: frozenset({State.VALIDATED}),
}


def step(now: State, wanted: State) -> State:
    """Return the state that is wanted; raises PolicyNotReady when it may not follow."""
    if wanted not in TRANSITIONS[now]:
        raise PolicyNotReady(f"A version that is {WORDS[now]} cannot become {WORDS[wanted]}.")
    return wanted


def actions(state: State) -> tuple[str, ...]:
    """Return what can be asked of a version that stands so."""
    if state is State.ACTIVE:
        return ("roll_back",)
    return ("validate", "activate") if state in (State.DRAFT, State.REPLACED) else ("activate",)
