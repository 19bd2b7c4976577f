"""Planning a session on the real database: the gate's verdict, overrides with two people, order, files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaibo.kit.ids import new_id
from kaibo.master.launches.services import begin_launch
from kaibo.master.stock import services as stock
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.showplan import queries, services
from kaibo.stages.showplan.exports import RUNDOWN_EXPORT
from kaibo.stages.showplan.gates import gate
from kaibo.stages.showplan.imports import RUNDOWN_IMPORT
from kaibo.stages.showplan.models import Segment, Session, SessionOverride
from kaibo.stages.showplan.opening import opening_of, openings
from kaibo.stages.showplan.rules import OrderIncomplete, PlanEmpty, PlanIsFixed, RoomNameTaken
from kaibo.stages.showplan.services import NewOffer
from kaibo.stages.showplan.services.overrides import FindingNotRed, OverrideGone, ReasonNeeded, SecondPersonNeeded
from kaibo.stages.showplan.services.preparing import DutyOfAnother
from kaibo.stages.showplan.services.rundown import OfferMissing
from kaibo.stages.showplan.services.sessions import SessionMovedOn
from kaibo.stages.showplan.today import today
from tests.make.goods import NOW as GOODS_NOW
from tests.make.goods import make_product, make_sku, make_stock, make_warehouse
from tests.make.people import make_actor
from tests.make.showplan import NOW, make_coat, make_green_session, make_prepared, make_product_segment, make_session, make_talk

pytestmark = pytest.mark.django_db


def red(session) -> list[str]:
    return [one.key.split(":")[0] for one in opening_of(session, NOW).blocking]


def test_a_prepared_session_is_green_and_an_unprepared_one_says_what_is_missing(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop))
    assert red(session) == ["staffing", "equipment", "rehearsal"]
    make_prepared(owner, session, shop)
    assert red(session) == []


def test_a_broken_microphone_shuts_the_gate_and_names_it(owner, shop):
    session, _segment = make_green_session(owner, shop)
    services.sign_equipment(actor=owner, session_id=session.pk, kind="microphone", is_fine=False, note="左声道无声", now=NOW)
    blocking = opening_of(session, NOW).blocking
    assert [one.finding.reason for one in blocking] == ["有问题：麦克风（左声道无声）"]


def test_stock_not_yet_released_is_a_matter_of_quality(owner, shop):
    session = make_session(owner, shop)
    sku = make_coat(shop, stock=60)
    make_product_segment(owner, session, sku, quantity=100)
    make_prepared(owner, session, shop)
    assert red(session) == ["stock"]
    stock.receive(actor=owner, sku_id=sku.pk, warehouse_id=make_warehouse().pk, lot_id=None, quantity=40, reference="late", now=GOODS_NOW)
    assert red(session) == ["quality"]
    stock.release(actor=owner, sku_id=sku.pk, warehouse_id=make_warehouse().pk, lot_id=None, quantity=40, reference="late", now=GOODS_NOW)
    assert red(session) == []


def test_two_segments_of_one_item_need_their_units_together(owner, shop):
    session = make_session(owner, shop)
    sku = make_coat(shop, stock=150)
    make_product_segment(owner, session, sku, quantity=100)
    make_product_segment(owner, session, sku, quantity=100)
    make_prepared(owner, session, shop)
    assert [one.finding.reason for one in opening_of(session, NOW).blocking] == ["短款羊毛双面呢外套 KB-2417-B-M：配额 200 件，可售只有 150 件，差 50 件"]


def test_a_price_below_cost_shuts_the_gate(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop), price_fen=20_000)
    make_prepared(owner, session, shop)
    reason = opening_of(session, NOW).blocking[0].finding.reason
    assert "直播价 ¥200 低于成本 ¥210" in reason


def test_forbidden_words_of_a_product_shut_the_gate(owner, shop):
    session = make_session(owner, shop)
    sku = make_coat(shop)
    sku.product.selling_points = ["国家级工艺"]
    sku.product.save()
    make_product_segment(owner, session, sku)
    make_prepared(owner, session, shop)
    assert red(session) == ["compliance"]


def test_an_override_takes_two_people_and_covers_only_what_it_saw(owner, shop):
    session, segment = make_green_session(owner, shop, quantity=100, stock=90)
    bob = make_actor("bob", "operations", shop=shop)
    key = f"stock:{segment.offers.get().sku_id}"
    with pytest.raises(ReasonNeeded):
        services.ask_override(actor=owner, session_id=session.pk, finding_key=key, reason="  ", now=NOW)
    with pytest.raises(FindingNotRed):
        services.ask_override(actor=owner, session_id=session.pk, finding_key="rehearsal", reason="x", now=NOW)
    asked = services.ask_override(actor=owner, session_id=session.pk, finding_key=key, reason="今晚到货", now=NOW)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_override(actor=owner, session_id=session.pk, override_id=asked.pk, now=NOW)
    assert red(session) == ["stock"]
    services.confirm_override(actor=bob, session_id=session.pk, override_id=asked.pk, now=NOW)
    assert red(session) == []
    with pytest.raises(OverrideGone):
        services.confirm_override(actor=bob, session_id=session.pk, override_id=asked.pk, now=NOW)
    stock.transfer(
        actor=owner, key="gone", reason="allot", reference="x", sku_id=segment.offers.get().sku_id, warehouse_id=make_warehouse().pk, quantity=10,
        source=stock.Bucket.SELLABLE, target=stock.Bucket.HELD, now=GOODS_NOW,
    )
    assert red(session) == ["stock"]  # now it is worse than what was let through


def test_control_may_ask_but_not_confirm(owner, shop):
    session, segment = make_green_session(owner, shop, quantity=100, stock=90)
    cody = make_actor("cody", "control", shop=shop)
    asked = services.ask_override(actor=owner, session_id=session.pk, finding_key=f"stock:{segment.offers.get().sku_id}", reason="到货", now=NOW)
    with pytest.raises(AbilityMissing):
        services.confirm_override(actor=cody, session_id=session.pk, override_id=asked.pk, now=NOW)
    assert SessionOverride.objects.get().confirmed_at is None


def test_going_ready_opens_the_room_and_tells_the_others(owner, shop):
    session, _segment = make_green_session(owner, shop)
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, operator, company FROM room.rooms WHERE room = %s", [session.room])
        assert cursor.fetchone() == ("planned", "林夏的衣橱", "杭州林夏服饰有限公司")
    assert OutboxFact.objects.filter(name="showplan.session_scheduled").count() == 1


def test_a_session_without_products_cannot_be_ready(owner, shop):
    session = make_session(owner, shop)
    make_talk(owner, session)
    with pytest.raises(PlanEmpty):
        services.make_ready(actor=owner, session_id=session.pk, now=NOW)
    session.refresh_from_db()
    assert session.state == "draft"


def test_going_ready_twice_happens_once_and_a_cancelled_session_stays_so(owner, shop):
    session, _segment = make_green_session(owner, shop)
    with pytest.raises(SessionMovedOn):
        services.make_ready(actor=owner, session_id=session.pk, now=NOW)
    services.cancel_session(actor=owner, session_id=session.pk, reason="台风", now=NOW)
    with pytest.raises(SessionMovedOn):
        services.back_to_draft(actor=owner, session_id=session.pk, now=NOW)
    with pytest.raises(PlanIsFixed):
        make_talk(owner, session)


def test_a_room_name_is_used_once(owner, shop):
    make_session(owner, shop)
    with pytest.raises(RoomNameTaken):
        make_session(owner, shop)
    assert Session.objects.count() == 1


def test_reordering_moves_the_planned_starts_and_an_old_list_is_refused(owner, shop):
    session = make_session(owner, shop)
    first = make_talk(owner, session, "开场", 8)
    second = make_product_segment(owner, session, make_coat(shop), minutes=12)
    services.reorder_segments(actor=owner, session_id=session.pk, order=[second.pk, first.pk], now=NOW)
    assert [(one.title, one.planned_at - session.starts_at) for one in queries.rundown_of(session)] == [("短款羊毛双面呢外套", timedelta(0)), ("开场", timedelta(minutes=12))]
    for order in ([second.pk], [second.pk, second.pk], [second.pk, new_id()]):
        with pytest.raises(OrderIncomplete):
            services.reorder_segments(actor=owner, session_id=session.pk, order=order, now=NOW)


def test_a_product_segment_needs_items_with_price_and_units(owner, shop):
    session, sku = make_session(owner, shop), make_coat(shop)
    for offers in ([], [NewOffer(sku.pk, 0, 10)], [NewOffer(sku.pk, 100, 0)]):
        with pytest.raises(OfferMissing):
            services.add_segment(actor=owner, session_id=session.pk, kind="product", minutes=5, product_id=sku.product_id, offers=offers, now=NOW)
    assert Segment.objects.count() == 0


def test_a_duty_is_confirmed_by_its_person_only(owner, shop):
    session = make_session(owner, shop)
    hana = make_actor("hana", "host", shop=shop)
    services.assign_duty(actor=owner, session_id=session.pk, role="host", person_id=hana.person_id, now=NOW)
    duty = session.duties.get()
    with pytest.raises(DutyOfAnother):
        services.confirm_duty(actor=owner, session_id=session.pk, duty_id=duty.pk, now=NOW)
    services.confirm_duty(actor=hana, session_id=session.pk, duty_id=duty.pk, now=NOW)
    duty.refresh_from_db()
    assert duty.confirmed_at == NOW


@pytest.mark.parametrize("role", ["host", "service", "warehouse", "analyst"])
def test_the_wrong_role_plans_nothing(owner, shop, role):
    with pytest.raises(AbilityMissing):
        make_session(make_actor("x" + role, role, shop=shop), shop)
    assert Session.objects.count() == 0


def test_a_file_is_taken_once_and_a_wrong_row_waits_with_its_reason(owner, shop):
    session = make_session(owner, shop)
    make_coat(shop)
    context = ImportContext(owner, shop.pk, "", new_id(), NOW, NOW)
    product = {"room": "autumn-3", "position": 2, "kind": "product", "title": None, "minutes": 12, "sku": "KB-2417-B-M", "price_fen": 59_900, "quantity": 80, "limit": 2, "is_flash": False, "note": None}
    rows = [
        ParsedRow(2, {"room": "autumn-3", "position": 1, "kind": "opening", "title": "开场", "minutes": 8}),
        ParsedRow(3, product),
        ParsedRow(4, {**product, "position": 3, "sku": "NOPE"}),
        ParsedRow(5, {**product, "room": "elsewhere"}),
    ]
    first = RUNDOWN_IMPORT.apply(context, rows)
    assert first[:2] == [Taken.NEW, Taken.NEW]
    assert [one.code for one in first[2:] if isinstance(one, Refused)] == ["catalog.sku_unknown", "showplan.room_unknown"]
    assert RUNDOWN_IMPORT.apply(context, rows)[:2] == [Taken.SAME, Taken.SAME]
    changed = RUNDOWN_IMPORT.apply(context, [ParsedRow(3, {**product, "quantity": 90})])
    assert changed == [Taken.CHANGED]
    exported = list(RUNDOWN_EXPORT.rows(owner, None, None))
    assert [(row[1], row[3], row[6], row[7], row[8]) for row in exported] == [(1, "开场", "", None, None), (2, "短款羊毛双面呢外套", "KB-2417-B-M", 59_900, 90)]
    assert queries.rundown_of(session)[1].offers[0].limit_per_visitor == 2


def test_the_launch_board_hears_why_the_session_is_red(owner, shop):
    session = make_session(owner, shop)
    sku = make_coat(shop)
    launch = begin_launch(actor=owner, shop_id=shop.pk, title="外套", owner_id=owner.person_id, now=NOW, product_id=sku.product_id)
    assert gate([launch.pk], NOW)[launch.pk].state == "none"
    make_product_segment(owner, session, sku)
    found = gate([launch.pk], NOW)[launch.pk]
    assert (found.state, found.source, found.repair_label) == ("red", "SHW-4", "安排人员")
    make_prepared(owner, session, shop)
    assert gate([launch.pk], NOW)[launch.pk].state == "run"
    services.make_ready(actor=owner, session_id=session.pk, now=NOW)
    assert gate([launch.pk], NOW)[launch.pk].state == "ok"


def test_the_home_board_says_how_many_reds_half_an_hour_before(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop))
    item = next(one for one in today(owner, NOW) if one.state == "red")
    assert (item.at, item.title) == (session.starts_at - timedelta(minutes=30), "开播闸门 3 项红 · 秋冬上新第 3 场")


def test_judging_many_sessions_costs_as_many_queries_as_one(owner, shop):
    sessions = []
    for number in range(6):
        session = make_session(owner, shop, room=f"room-{number}")
        sku = make_sku(make_product(shop, f"P{number}", f"商品 {number}"), f"P{number}-1")
        make_stock(sku, 50)
        make_product_segment(owner, session, sku, quantity=10)
        sessions.append(session)
    with CaptureQueriesContext(connection) as one:
        openings(sessions[:1], NOW)
    with CaptureQueriesContext(connection) as six:
        openings(sessions, NOW)
    assert len(six) == len(one)
