"""Reading stock views: the active versions, those before them, and the channels that look through them."""

from __future__ import annotations

import msgspec

from crossdock.inventory.view_model import StockView
from crossdock.network import store as network
from crossdock.storage import versions
from crossdock.storage.session import Session

_view = msgspec.json.Decoder(StockView).decode


class ActiveView(msgspec.Struct, frozen=True, kw_only=True):
    """The active version of a view: what it says, since when, by whom, for which channels."""

    view: StockView
    version: str
    activated_at: int
    actor: str
    channels: tuple[str, ...]


class Activation(msgspec.Struct, frozen=True):
    """A version that was made the active one, when and by whom."""

    version: str
    at: int
    actor: str


def list_views(session: Session) -> list[ActiveView]:
    """Return the active views by code."""
    channels = network.channels(session)
    sql = """
        SELECT w.code, v.body, w.hash, w.activated_at, w.actor FROM views w JOIN versions v ON v.hash = w.hash
        ORDER BY w.code
    """
    return [
        ActiveView(
            view=_view(bytes(body)),
            version=digest,
            activated_at=at,
            actor=actor,
            channels=tuple(sorted(one.channel.code for one in channels if one.channel.view == code)),
        )
        for code, body, digest, at, actor in session.fetch(sql)
    ]


def read_view(session: Session, code: str) -> ActiveView | None:
    """Return the active version of a view; None when there is none of the code."""
    return next((one for one in list_views(session) if one.view.code == code), None)


def read_view_version(session: Session, version: str) -> StockView | None:
    """Return a version of a view by its content hash; None when there is none."""
    body = versions.load(session, version)
    try:
        return None if body is None else _view(body)
    except msgspec.ValidationError:
        return None


def view_history(session: Session, code: str, limit: int = 100) -> list[Activation]:
    """Return the versions of a view that were made active, newest first; one that came back is told again."""
    sql = "SELECT hash, at, actor FROM activations WHERE kind = 'view' AND code = ? ORDER BY id DESC LIMIT ?"
    return [Activation(*row) for row in session.fetch(sql, code, limit)]
