"""The effect of a view is known before it is saved, and looking at it changes nothing."""

import msgspec
import pytest

from crossdock.inventory.view_model import StockView
from crossdock.orchestration import WatchFeeds
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.views.preview import ItemChange, ViewPreview, preview_view
from crossdock.orchestration.views.queries import list_views, read_view, read_view_version, view_history
from tests.support.feeds import put_feed
from tests.support.world import World

STORES = {"kinds": ["store"]}


def view(**rules: object) -> StockView:
    return msgspec.convert({"code": "web", **rules}, StockView)


def preview(world: World, **rules: object) -> ViewPreview:
    return world.read(lambda session: preview_view(session, view(**rules)))


def stocked(world: World) -> None:
    """Eight mugs in the DC, two in the store; one pen in the store; no lamp anywhere."""
    world.put_location("STORE", 1, kind="store")
    world.receive("MUG", "DC", 8)
    world.receive("MUG", "STORE", 2)
    world.receive("PEN", "STORE", 1)


def test_a_new_view_is_compared_with_seeing_everything(world: World):
    stocked(world)
    found = preview(world, exclusions=[{"locations": STORES}])
    assert (found.units_before, found.units_after) == (11, 8)
    assert (found.items_before, found.items_after, found.items) == (2, 1, 2)
    assert found.lost_items == (ItemChange("PEN", "", 1, 0),)
    assert found.changed_items == (ItemChange("MUG", "", 10, 8),)
    assert (found.gained, found.lost, found.changed, found.more, found.fewer) == (0, 1, 1, 0, 3)
    assert [(p.code, p.claimable, p.before, p.after) for p in found.places] == [("STORE", 3, 3, 0), ("DC", 8, 8, 8)]
    assert (found.shown_before, found.shown_after, found.complete) == (2, 1, True)


def test_a_changed_view_is_compared_with_the_one_that_holds(world: World):
    stocked(world)
    world.view(exclusions=[{"items": ["PEN"]}], buffers=[{"units": 3}])
    found = preview(world, buffers=[{"units": 1}])
    assert (found.units_before, found.units_after) == (5, 8)
    assert found.gained_items == ()
    assert found.changed_items == (ItemChange("MUG", "", 5, 8),)
    assert preview(world, exclusions=[{"items": ["PEN"]}]).units_after == 10
    assert preview(world).gained_items == (ItemChange("PEN", "", 0, 1),)


def test_what_waits_is_taken_off(world: World):
    stocked(world)
    world.view(exclusions=[{"items": ["PEN"]}])
    world.capture("A1", ("PEN", 4))
    assert preview(world).units_after == 10


def test_stock_of_a_source_that_has_fallen_silent_is_hidden_where_the_view_says_so(world: World):
    stocked(world)
    put_feed(world, "till", silent_after_s=60, when_silent="distrust", locations=("DC",))
    assert preview(world, exclusions=[{"stale": True}]).units_after == 11
    world.clock.forward(minutes=5)
    world.do(WatchFeeds(actor=world.actor))
    assert preview(world, exclusions=[{"stale": True}]).units_after == 3


def test_the_same_view_changes_nothing(world: World):
    stocked(world)
    world.view(buffers=[{"units": 1}])
    assert preview(world, buffers=[{"units": 1}]).unchanged
    assert not preview(world, buffers=[{"units": 2}]).unchanged


def test_a_view_that_would_hide_everything_warns_and_nothing_is_written(world: World):
    stocked(world)
    before = world.dump()
    found = preview(world, exclusions=[{}])
    assert found.units_after == found.items_after == found.shown_after == 0
    assert found.warnings == ("The view hides everything: /exclusions/0 excludes every item at every location.",)
    assert world.dump() == before


def test_a_view_that_contradicts_itself_is_refused_with_the_place(world: World):
    stocked(world)
    with pytest.raises(ConfigurationRefused) as refused:
        preview(world, buffers=[{"units": 1}, {"units": 1, "items": ["MUG"], "categories": ["cups"]}])
    assert [error.pointer for error in refused.value.errors] == ["/buffers/1/categories"]


def test_views_are_listed_with_their_channels_and_old_versions_stay_readable(world: World):
    world.view(buffers=[{"units": 1}])
    first = world.read(lambda session: read_view(session, "web"))
    world.view(buffers=[{"units": 2}])
    (found,) = world.read(list_views)
    assert first is not None
    assert (found.view.code, found.channels, found.actor) == ("web", ("web",), "key:test")
    assert found.version != first.version
    assert world.read(lambda session: read_view_version(session, first.version)) == first.view
    assert world.read(lambda session: read_view_version(session, "none")) is None
    assert world.read(lambda session: read_view(session, "none")) is None


def test_the_history_tells_who_made_which_version_active_and_when(world: World):
    world.view(buffers=[{"units": 1}])
    world.view(buffers=[{"units": 2}])
    world.view(buffers=[{"units": 2}])
    world.view(buffers=[{"units": 1}])
    newest, middle, oldest = world.read(lambda session: view_history(session, "web"))
    assert newest.version == oldest.version != middle.version
    assert newest.at > middle.at > oldest.at
    assert {one.actor for one in (newest, middle, oldest)} == {"key:test"}
    assert world.read(lambda session: view_history(session, "none")) == []
