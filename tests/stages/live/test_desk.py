"""The desk on the real ledger and the real room: units move once, and the room says the same as the stock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kaibo.master.stock import queries as stock
from kaibo.master.stock.models import Allotment
from kaibo.master.stock.rules import Bucket, StockShort
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.room.audit import audit as audit_room
from kaibo.room.audit import differences as room_differences
from kaibo.stages.live import queries, services
from kaibo.stages.live.models import Airing, DeskAction, PriceRequest, PriceVersion, SaleItem
from kaibo.stages.live.rules import (
    CannotBeUndone,
    DeskMovedOn,
    GateShut,
    ItemAlreadyThere,
    NoticeBlocked,
    NotLive,
    PriceIsTheSame,
    PriceReasonNeeded,
    PriceWaits,
    RequestDecided,
    RundownOver,
    SecondPersonNeeded,
)
from kaibo.stages.showplan import services as planning
from tests.make.live import LATER, NOW, claim, go_on, key, make_item_on_sale, make_live_session
from tests.make.people import make_actor
from tests.make.showplan import make_coat, make_green_session, make_product_segment, make_session, make_talk

pytestmark = pytest.mark.django_db


def levels(item) -> tuple[int, int]:
    """(sellable, allotted) of the item in our ledger."""
    there = stock.levels_of([item.sku_id])[item.sku_id]
    return there.get(Bucket.SELLABLE, 0), there.get(Bucket.ALLOTTED, 0)


def assert_all_books_agree() -> None:
    assert stock.differences() == []
    assert queries.differences() == []
    with connection.cursor() as cursor:
        assert room_differences(cursor) == []


def room_of(session) -> dict[str, int]:
    with connection.cursor() as cursor:
        return audit_room(cursor, session.room)


def test_putting_up_moves_units_from_stock_into_the_room(owner, shop):
    item = make_item_on_sale(owner, shop, quantity=100, stock=1_000)
    assert levels(item) == (900, 100)
    assert room_of(item.session) == {"stock": 100, "claimed": 0, "left": 100, "claims": 0, "duplicates_answered": 0}
    assert_all_books_agree()


def test_extending_adds_units_on_both_sides(owner, shop):
    item = make_item_on_sale(owner, shop)
    services.extend_item(actor=owner, session_id=item.session_id, item_id=item.pk, units=50, key=key(), now=LATER)
    assert levels(item) == (850, 150)
    assert room_of(item.session)["left"] == 150
    assert_all_books_agree()


def test_extending_beyond_the_stock_changes_nothing(owner, shop):
    item = make_item_on_sale(owner, shop)
    with pytest.raises(StockShort):
        services.extend_item(actor=owner, session_id=item.session_id, item_id=item.pk, units=901, key=key(), now=LATER)
    assert levels(item) == (900, 100)
    assert room_of(item.session)["left"] == 100
    assert_all_books_agree()


def test_ending_returns_exactly_what_nobody_claimed(owner, shop):
    item = make_item_on_sale(owner, shop)
    assert [claim(item, 3, "ann"), claim(item, 4, "bob")] == ["claimed", "claimed"]
    ended = services.end_session(actor=owner, session_id=item.session_id, key=key(), now=LATER)
    assert ended.details == {"returned": 93}
    assert levels(item) == (993, 7)  # seven claimed units wait for their orders
    assert claim(item, 1, "late") == "not_on_sale"
    given = Allotment.objects.get(pk=item.allotment_id)
    assert (given.state, given.quantity, given.returned, given.settled) == ("closed", 100, 93, 0)
    assert_all_books_agree()
    item.session.refresh_from_db()
    assert item.session.state == "ended"
    assert list(OutboxFact.objects.filter(name__startswith="live.").order_by("id").values_list("name", flat=True)) == ["live.session_started", "live.session_ended"]


def test_a_double_click_happens_once(owner, shop):
    item = make_item_on_sale(owner, shop)
    clicks = [services.extend_item(actor=owner, session_id=item.session_id, item_id=item.pk, units=50, key="same", now=LATER) for _ in range(2)]
    assert clicks[0].pk == clicks[1].pk
    assert levels(item) == (850, 150)
    session = item.session
    airing = Airing.objects.get(session=session)
    planning_rows = len(queries.actions_of(session.pk))
    with pytest.raises(RundownOver):
        go_on(owner, session, airing.segment_id, with_key="n1")
    assert len(queries.actions_of(session.pk)) == planning_rows


def test_two_people_going_on_at_once_go_on_once(owner, shop):
    session, _segment = make_green_session(owner, shop)
    planning.back_to_draft(actor=owner, session_id=session.pk, now=NOW)
    make_talk(owner, session, "抽奖", kind="draw")
    make_talk(owner, session, "收尾", kind="closing")
    planning.make_ready(actor=owner, session_id=session.pk, now=NOW)
    services.start_session(actor=owner, session_id=session.pk, key="s", now=NOW)
    first = go_on(owner, session)
    bob = make_actor("bob", "control", shop=shop)
    seen = Airing.objects.get(session=session, ended_at=None).segment_id
    go_on(bob, session, seen, at=LATER)
    with pytest.raises(DeskMovedOn) as moved:
        go_on(owner, session, seen, at=LATER)
    assert moved.value.details == {"who": "Bob", "title": "抽奖"}
    assert Airing.objects.filter(session=session).count() == 2
    assert first.details["number"] == 1


def test_two_people_taking_down_one_item_take_it_down_once(owner, shop):
    item = make_item_on_sale(owner, shop)
    services.take_down(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    assert claim(item) == "not_on_sale"
    with pytest.raises(ItemAlreadyThere):
        services.take_down(actor=make_actor("bob", "control", shop=shop), session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    assert DeskAction.objects.filter(kind="take_down").count() == 1


def test_the_log_holds_the_rooms_event_that_proves_the_action(owner, shop):
    item = make_item_on_sale(owner, shop)
    done = services.take_down(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, body->>'state' FROM room.events WHERE room = %s AND seq = %s", [item.session.room, done.seq])
        assert cursor.fetchone() == ("item", "paused")


def test_a_red_gate_blocks_the_start(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop))
    planning.make_ready(actor=owner, session_id=session.pk, now=NOW)
    with pytest.raises(GateShut) as shut:
        services.start_session(actor=owner, session_id=session.pk, key="s", now=NOW)
    assert shut.value.details["count"] == 3  # staffing, equipment, rehearsal
    session.refresh_from_db()
    assert session.state == "ready"
    with pytest.raises(NotLive):
        go_on(owner, session)
    assert SaleItem.objects.count() == 0


def test_a_red_gate_let_through_by_two_people_starts(owner, shop):
    session, _segment = make_green_session(owner, shop, quantity=100, stock=90)
    bob = make_actor("bob", "operations", shop=shop)
    finding = f"stock:{session.segments.get().offers.get().sku_id}"
    asked = planning.ask_override(actor=owner, session_id=session.pk, finding_key=finding, reason="补货今晚到", now=NOW)
    planning.confirm_override(actor=bob, session_id=session.pk, override_id=asked.pk, now=NOW)
    started = services.start_session(actor=owner, session_id=session.pk, key="s", now=NOW)
    assert started.details == {"let_through": [finding]}
    assert go_on(owner, session).details["short"] == [{"sku": "KB-2417-B-M", "wanted": 100, "given": 90}]
    assert_all_books_agree()


def test_a_price_change_is_a_new_version_and_later_claims_pay_it(owner, shop):
    item = make_item_on_sale(owner, shop)
    claim(item, 1, "early")
    services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=54_900, key=key(), now=LATER)
    claim(item, 1, "late")
    assert list(PriceVersion.objects.filter(item=item).order_by("version").values_list("version", "price_fen")) == [(1, 59_900), (2, 54_900)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT visitor, unit_price_fen, price_version FROM room.claims ORDER BY visitor")
        assert cursor.fetchall() == [("early", 59_900, 1), ("late", 54_900, 2)]


def test_the_wrong_role_cannot_change_a_price(owner, shop):
    item = make_item_on_sale(owner, shop)
    for account, role in (("hana", "host"), ("serv", "service"), ("tess", "technician")):
        with pytest.raises(AbilityMissing):
            services.change_price(actor=make_actor(account, role, shop=shop), session_id=item.session_id, item_id=item.pk, price_fen=54_900, key=key(), now=LATER)
    assert PriceVersion.objects.filter(item=item).count() == 1
    assert DeskAction.objects.filter(kind="price").count() == 0


def test_a_slipped_digit_needs_a_reason_and_a_second_person(owner, shop):
    item = make_item_on_sale(owner, shop)
    said = {"session_id": item.session_id, "item_id": item.pk, "price_fen": 5_990, "now": LATER}
    with pytest.raises(PriceReasonNeeded):
        services.change_price(actor=owner, key=key(), **said)
    held = services.change_price(actor=owner, key=key(), reason="引流", **said)
    assert held.details["is_waiting"] is True
    assert queries.levels_of(item.session.room)[item.pk].price_fen == 59_900
    asked = PriceRequest.objects.get()
    assert asked.concerns == ["below_cost", "far_from_published"]
    with pytest.raises(PriceWaits):
        services.change_price(actor=owner, key=key(), reason="再来", **said)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_price(actor=owner, session_id=item.session_id, request_id=asked.pk, key=key(), now=LATER)
    assert queries.levels_of(item.session.room)[item.pk].price_fen == 59_900
    bob = make_actor("bob", "operations", shop=shop)
    services.confirm_price(actor=bob, session_id=item.session_id, request_id=asked.pk, key=key(), now=LATER)
    assert queries.levels_of(item.session.room)[item.pk].price_fen == 5_990
    version = PriceVersion.objects.get(item=item, version=2)
    assert (version.published_by_name, version.confirmed_by_name) == ("Alice", "Bob")
    with pytest.raises(RequestDecided):
        services.refuse_price(actor=owner, session_id=item.session_id, request_id=asked.pk, key=key(), now=LATER)


def test_control_cannot_confirm_an_unusual_price(owner, shop):
    item = make_item_on_sale(owner, shop)
    services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=5_990, key=key(), reason="引流", now=LATER)
    with pytest.raises(AbilityMissing):
        services.confirm_price(actor=make_actor("bob", "control", shop=shop), session_id=item.session_id, request_id=PriceRequest.objects.get().pk, key=key(), now=LATER)
    assert PriceRequest.objects.get().state == "waiting"


def test_the_same_price_is_refused(owner, shop):
    item = make_item_on_sale(owner, shop)
    with pytest.raises(PriceIsTheSame):
        services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=59_900, key=key(), now=LATER)


def test_a_flash_sale_has_its_own_units_and_closes_by_itself(owner, shop):
    item = make_item_on_sale(owner, shop)
    done = services.open_flash_sale(
        actor=owner, session_id=item.session_id, segment_id=item.segment_id, sku_id=item.sku_id, price_fen=49_900, units=20, limit=1, minutes=5, key=key(), now=NOW
    )
    flash = SaleItem.objects.get(pk=done.item_id)
    assert levels(item) == (880, 120)
    assert [claim(flash, 1, "ann"), claim(flash, 1, "ann")] == ["claimed", "limit_reached"]
    assert services.close_due_flash_sales(NOW + timedelta(minutes=4, seconds=59)) == 0
    assert services.close_due_flash_sales(NOW + timedelta(minutes=5)) == 1
    assert services.close_due_flash_sales(NOW + timedelta(minutes=6)) == 0
    assert levels(item) == (899, 101)
    assert claim(flash, 1, "bob") == "not_on_sale"
    assert_all_books_agree()


def test_undoing_a_take_down_puts_it_back_and_a_price_cannot_be_undone(owner, shop):
    item = make_item_on_sale(owner, shop)
    services.take_down(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    services.undo_last(actor=owner, session_id=item.session_id, key=key(), now=LATER)
    assert queries.levels_of(item.session.room)[item.pk].state == "on_sale"
    services.change_price(actor=owner, session_id=item.session_id, item_id=item.pk, price_fen=54_900, key=key(), now=LATER + timedelta(seconds=1))
    with pytest.raises(CannotBeUndone):
        services.undo_last(actor=owner, session_id=item.session_id, key=key(), now=LATER + timedelta(seconds=2))
    assert queries.levels_of(item.session.room)[item.pk].price_fen == 54_900


def test_undoing_the_next_item_pauses_what_it_put_up_and_keeps_its_claims(owner, shop):
    item = make_item_on_sale(owner, shop)
    claim(item, 2)
    services.undo_last(actor=owner, session_id=item.session_id, key=key(), now=LATER)
    assert Airing.objects.filter(session=item.session).count() == 0
    level = queries.levels_of(item.session.room)[item.pk]
    assert (level.state, level.claimed, level.left) == ("paused", 2, 98)
    assert_all_books_agree()


def test_a_notice_with_forbidden_words_never_reaches_the_viewers(owner, shop):
    session = make_live_session(owner, shop)
    with pytest.raises(NoticeBlocked) as blocked:
        services.post_notice(actor=owner, session_id=session.pk, text="全网最低价，国家级工艺", key=key(), now=NOW)
    assert "国家级" in blocked.value.details["hits"]
    services.post_notice(actor=owner, session_id=session.pk, text="20:30 抽三条羊绒围巾", key=key(), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM room.notices")
        assert cursor.fetchall() == [("20:30 抽三条羊绒围巾",)]
