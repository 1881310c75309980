"""The documents of stock views and share groups."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from crossdock.api.documents import Sku, View
from crossdock.api.parameters import Query
from crossdock.inventory import ShareGroup, StockView
from crossdock.kernel.document import Input, Instant
from crossdock.orchestration import SharesView

MAX_GROUPS = 200


class ViewDocument(View, frozen=True):
    """The active version of a stock view, and the channels that look through it.

    ``warnings``, where it was just saved, say what is odd about it though it is allowed.
    """

    view: StockView
    version: str
    activated_at: Instant
    activated_by: str
    channels: tuple[str, ...]
    warnings: tuple[str, ...]


class ViewRef(View, frozen=True):
    """A stock view in short."""

    code: str
    name: str
    version: str
    activated_at: Instant
    activated_by: str
    channels: tuple[str, ...]


class ViewList(View, frozen=True):
    """The active views by code."""

    data: tuple[ViewRef, ...]


class ShareGroupDocument(View, frozen=True):
    """The active version of a share group."""

    group: ShareGroup
    version: str
    activated_at: Instant
    activated_by: str


class ShareGroupList(View, frozen=True):
    """The active share groups by code."""

    data: tuple[ShareGroupDocument, ...]


class ShareGroupBatch(Input, frozen=True):
    """Up to 200 share groups, all saved or none."""

    groups: Annotated[tuple[ShareGroup, ...], Meta(min_length=1, max_length=MAX_GROUPS)]


class SavedGroup(View, frozen=True):
    """What became of one group."""

    code: str
    result: str


class ShareGroupResults(View, frozen=True):
    """A result for each group, and what is odd about all groups together though it is allowed."""

    results: tuple[SavedGroup, ...]
    warnings: tuple[str, ...]


class SharesQuery(Query, frozen=True):
    """Of which items."""

    sku: Annotated[tuple[Sku, ...], Meta(max_length=100)] = ()


class SharesList(View, frozen=True):
    """How the shares of each item that exists stand."""

    data: tuple[SharesView, ...]
