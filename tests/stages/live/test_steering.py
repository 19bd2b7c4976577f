"""Pinning, going back, skipping, the prompter's answers, other platforms and the own history: on the real room and ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.stages.live import history, queries, services
from kaibo.stages.live.desk import look
from kaibo.stages.live.deviations import Measure
from kaibo.stages.live.imports import apply
from kaibo.stages.live.models import DeskAction, FigureSample, PointSaid, PromptSeen, SaleItem
from kaibo.stages.live.rules import (
    AlreadyExplained,
    AtTheStart,
    DeskMovedOn,
    FiguresFromOurRoom,
    FiguresWentBack,
    ItemAlreadyThere,
    NoBackupStream,
    NotInOurRoom,
    PointUnknown,
    RundownOver,
)
from kaibo.stages.live.services.items import close_due_flash_sales
from kaibo.stages.live.services.sampling import watched_seconds
from kaibo.stages.showplan import services as planning
from kaibo.stages.showplan.models import Session
from tests.make.live import LATER, NOW, go_on, key, make_item_on_sale, make_live_session
from tests.make.people import make_actor
from tests.make.showplan import make_coat, make_prepared, make_product_segment, make_session, make_talk

pytestmark = pytest.mark.django_db


def make_show(owner, shop, *talks: tuple[str, str], platform: str = "own", room: str = "autumn-3") -> Session:
    """A live session: a coat, then talks (title, kind) of five minutes each."""
    session = make_session(owner, shop, room=room)
    Session.objects.filter(pk=session.pk).update(platform=platform)
    make_product_segment(owner, session, make_coat(shop))
    for title, kind in talks:
        make_talk(owner, session, title, kind=kind)
    make_prepared(owner, session, shop)
    planning.make_ready(actor=owner, session_id=session.pk, now=NOW)
    services.start_session(actor=owner, session_id=session.pk, key="start", now=NOW)
    session.refresh_from_db()
    return session


def on_air(session, at=LATER):
    row = look(session, at).current
    return row.segment if row else None


def room_shows(session) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_item FROM room.rooms WHERE room = %s", [session.room])
        found = cursor.fetchone()[0]
    return str(found) if found else None


def second_item(owner, session) -> SaleItem:
    """A flash sale of the item on air: another item in the room."""
    first = SaleItem.objects.get(session=session)
    services.open_flash_sale(
        actor=owner, session_id=session.pk, segment_id=first.segment_id, sku_id=first.sku_id, price_fen=59_800, units=5, limit=1, minutes=5, key=key(), now=LATER,
    )
    return SaleItem.objects.get(session=session, is_flash=True)


def test_an_item_is_pinned_in_the_room_and_the_pin_is_taken_back(owner, shop):
    item = make_item_on_sale(owner, shop)
    other = second_item(owner, item.session)
    services.pin_item(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    assert room_shows(item.session) == str(item.pk)
    with pytest.raises(AlreadyExplained):
        services.pin_item(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    services.undo_last(actor=owner, session_id=item.session_id, key=key(), now=LATER)
    assert room_shows(item.session) == str(other.pk)


def test_a_flash_sale_stands_in_front_while_it_runs_and_its_goods_afterwards(owner, shop):
    item = make_item_on_sale(owner, shop)
    flash = second_item(owner, item.session)
    assert room_shows(item.session) == str(flash.pk)
    assert close_due_flash_sales(LATER + timedelta(minutes=5)) == 1
    assert room_shows(item.session) == str(item.pk)


def test_what_was_pinned_during_a_flash_sale_stays_in_front_when_it_closes(owner, shop):
    item = make_item_on_sale(owner, shop)
    second_item(owner, item.session)
    services.pin_item(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    assert close_due_flash_sales(LATER + timedelta(minutes=5)) == 1
    assert room_shows(item.session) == str(item.pk)


def test_going_back_airs_the_segment_before_and_next_goes_on_where_nobody_was(owner, shop):
    session = make_show(owner, shop, ("抽奖", "draw"), ("收尾", "closing"))
    go_on(owner, session)
    coat = on_air(session)
    with pytest.raises(AtTheStart):
        services.previous_segment(actor=owner, session_id=session.pk, seen=coat.id, key=key(), now=LATER)
    go_on(owner, session, coat.id, at=LATER)
    draw = on_air(session)
    services.previous_segment(actor=owner, session_id=session.pk, seen=draw.id, key=key(), now=LATER)
    assert on_air(session).id == coat.id
    with pytest.raises(DeskMovedOn):
        services.previous_segment(actor=owner, session_id=session.pk, seen=draw.id, key=key(), now=LATER)
    go_on(owner, session, coat.id, at=LATER)
    assert on_air(session).title == "收尾"  # the draw was on air already
    assert SaleItem.objects.filter(session=session).count() == 1  # going back put nothing up twice


def test_a_skipped_segment_is_shown_as_skipped_and_not_planned_for(owner, shop):
    session = make_show(owner, shop, ("抽奖", "draw"), ("休息", "break"), ("收尾", "closing"))
    go_on(owner, session)
    last = look(session, LATER).rows[3].segment
    view = look(session, LATER)
    services.go_to_segment(actor=owner, session_id=session.pk, segment_id=view.rows[2].segment.id, seen=view.current.segment.id, key=key(), now=LATER)
    view = look(session, LATER)
    assert [row.state for row in view.rows] == ["done", "skipped", "now", "later"]
    assert view.following.segment.id == last.id
    assert view.rows[3].timing.expected_at == LATER + timedelta(minutes=5)
    assert view.expected_end == LATER + timedelta(minutes=10)
    replanned = services.replan_rest(actor=owner, session_id=session.pk, key=key(), now=LATER)
    assert replanned.details["segments"] == 1
    go_on(owner, session, view.current.segment.id, at=LATER)
    with pytest.raises(RundownOver):
        go_on(owner, session, last.id, at=LATER)


def test_re_planning_leaves_a_break_its_minutes(owner, shop):
    session = make_show(owner, shop, ("休息", "break"), ("收尾", "closing"))
    go_on(owner, session)
    Session.objects.filter(pk=session.pk).update(ends_at=NOW + timedelta(minutes=18))
    session.refresh_from_db()
    services.replan_rest(actor=owner, session_id=session.pk, key=key(), now=LATER)
    assert [row.timing.minutes for row in look(session, LATER).rows] == [10, 5, 3]


def test_the_second_of_two_people_is_told_who_was_first(owner, shop):
    item = make_item_on_sale(owner, shop)
    bob = make_actor("bob", "control", shop=shop)
    services.take_down(actor=bob, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    with pytest.raises(ItemAlreadyThere) as late:
        services.take_down(actor=owner, session_id=item.session_id, item_id=item.pk, key=key(), now=LATER)
    assert late.value.message("zh") == "这件商品已经下架了（Bob 刚操作过）"


def test_the_backup_stream_is_shown_to_every_viewer_and_taken_back(owner, shop):
    session = make_live_session(owner, shop)
    with pytest.raises(NoBackupStream):
        services.switch_stream(actor=owner, session_id=session.pk, key=key(), now=LATER)
    Session.objects.filter(pk=session.pk).update(video_url="/hls/a.m3u8", backup_video_url="/hls/b.m3u8")
    services.switch_stream(actor=owner, session_id=session.pk, key=key(), now=LATER)
    assert video_of(session) == "/hls/b.m3u8"
    services.undo_last(actor=owner, session_id=session.pk, key=key(), now=LATER)
    assert video_of(session) == "/hls/a.m3u8"


def video_of(session) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT video_url FROM room.rooms WHERE room = %s", [session.room])
        return cursor.fetchone()[0]


def test_a_message_to_the_host_is_read_once(owner, shop):
    session = make_live_session(owner, shop)
    prompt = services.prompt_host(actor=owner, session_id=session.pk, text="先报价", key=key(), now=NOW)
    host = make_actor("hana", "host", shop=shop)
    services.acknowledge_prompt(actor=host, session_id=session.pk, action_id=prompt.pk, now=LATER)
    services.acknowledge_prompt(actor=owner, session_id=session.pk, action_id=prompt.pk, now=LATER + timedelta(minutes=1))
    seen = PromptSeen.objects.get()
    assert (seen.seen_at, seen.by_name) == (LATER, "Hana")
    with pytest.raises(AbilityMissing):
        services.acknowledge_prompt(actor=make_actor("ana", "analyst", shop=shop), session_id=session.pk, action_id=prompt.pk, now=LATER)


def test_a_repeated_selling_point_is_counted_and_a_trembling_thumb_is_not(owner, shop):
    item = make_item_on_sale(owner, shop)
    item.sku.product.selling_points = ["九成羊毛", "短款显高"]
    item.sku.product.save()
    said = {"actor": make_actor("hana", "host", shop=shop), "session_id": item.session_id, "segment_id": item.segment_id}
    times = [services.note_point_said(place=1, now=LATER + timedelta(seconds=seconds), **said) for seconds in (0, 2, 60)]
    assert times == [1, 1, 2]
    with pytest.raises(PointUnknown):
        services.note_point_said(place=3, now=LATER, **said)
    assert queries.points_said(item.session_id, item.segment_id) == {1: (2, LATER + timedelta(seconds=60))}
    assert PointSaid.objects.count() == 2


def test_a_session_elsewhere_is_steered_without_a_room_of_ours(owner, shop):
    session = make_show(owner, shop, ("收尾", "closing"), platform="douyin", room="douyin-1")
    go_on(owner, session)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM room.rooms WHERE room = %s", [session.room])
        assert cursor.fetchone() == (0,)
    assert SaleItem.objects.count() == 0
    for refused in (
        lambda: services.post_notice(actor=owner, session_id=session.pk, text="今晚包邮", key=key(), now=LATER),
        lambda: services.switch_stream(actor=owner, session_id=session.pk, key=key(), now=LATER),
    ):
        with pytest.raises(NotInOurRoom):
            refused()
    services.prompt_host(actor=owner, session_id=session.pk, text="先报价", key=key(), now=LATER)
    services.undo_last(actor=owner, session_id=session.pk, key=key(), now=LATER)
    go_on(owner, session, at=LATER)
    services.end_session(actor=owner, session_id=session.pk, key=key(), now=LATER)
    session.refresh_from_db()
    assert session.state == "ended"


def test_typed_figures_feed_the_same_desk_and_never_go_back(owner, shop):
    session = make_show(owner, shop, platform="douyin", room="douyin-1")
    first = services.Told(viewers=200, claims=4, units=5, amount_fen=300_000, watched=400)
    services.tell_figures(actor=owner, session_id=session.pk, told=first, key="t1", now=LATER)
    services.tell_figures(actor=owner, session_id=session.pk, told=first, key="t1", now=LATER)
    second = services.Told(viewers=260, claims=9, units=11, amount_fen=700_000, watched=900)
    services.tell_figures(actor=owner, session_id=session.pk, told=second, key="t2", now=LATER + timedelta(minutes=1))
    view = look(session, LATER + timedelta(minutes=1))
    assert (view.figures.viewers, view.figures.claimed_fen, view.moment.entered) == (260, 700_000, 900)
    assert view.moment.value(Measure.CONVERSION) == 100
    assert view.moment.value(Measure.STAY) == 200 * 60 // 900
    with pytest.raises(FiguresWentBack):
        services.tell_figures(actor=owner, session_id=session.pk, told=first, key="t3", now=LATER + timedelta(minutes=2))
    assert FigureSample.objects.filter(session=session).count() == 2


def test_figures_of_our_own_room_cannot_be_typed(owner, shop):
    session = make_live_session(owner, shop)
    with pytest.raises(FiguresFromOurRoom):
        services.tell_figures(actor=owner, session_id=session.pk, told=services.Told(1, 1, 1, 1), key=key(), now=LATER)
    assert FigureSample.objects.count() == 0


def test_a_platforms_file_is_taken_once_whatever_its_order(owner, shop):
    session = make_show(owner, shop, platform="douyin", room="douyin-1")
    context = ImportContext(owner, shop.pk, "douyin", session.pk, NOW + timedelta(minutes=9), NOW)
    rows = [
        ParsedRow(number, {"room": room, "at": NOW + timedelta(minutes=minute), "viewers": 10, "claims": claims, "amount_fen": claims * 100, "watched": None})
        for number, (room, minute, claims) in enumerate([("douyin-1", 3, 8), ("douyin-1", 2, 5), ("nowhere", 2, 1), ("douyin-1", 4, 7)])
    ]
    outcomes = apply(context, rows)
    assert outcomes[:2] == [Taken.NEW, Taken.NEW]
    assert [one.code for one in outcomes[2:] if isinstance(one, Refused)] == ["live.session_unknown", "live.figures_went_back"]
    assert apply(context, rows[:2]) == [Taken.SAME, Taken.SAME]
    assert set(FigureSample.objects.values_list("claims", "origin")) == {(5, "file"), (8, "file")}


def test_the_moment_is_set_beside_the_own_sessions_at_the_same_minute(owner, shop):
    for day, (viewers, length) in enumerate([(100, 60), (60, 60), (500, 3)], start=1):
        earlier = make_session(owner, shop, room=f"old-{day}", starts_at=NOW - timedelta(days=day))
        began = NOW - timedelta(days=day)
        Session.objects.filter(pk=earlier.pk).update(state="ended", started_at=began, ended_at=began + timedelta(minutes=length))
        for minute in (2, 8, 11):
            FigureSample.objects.create(
                session=earlier, at=began + timedelta(minutes=minute), viewers=viewers + minute, claims=minute, units=minute, amount_fen=0, messages=0, likes=0
            )
    session = make_live_session(owner, shop)
    found = history.earlier_at(session, NOW + timedelta(minutes=10))
    assert [(one.moment.viewers, one.moment.recent_claims) for one in found] == [(108, 6), (68, 6)]  # the third was over by then
    view = look(session, NOW + timedelta(minutes=10))
    assert (view.standings[Measure.VIEWERS].median, view.standings[Measure.VIEWERS].sessions) == (88, 2)
    assert history.typical_viewers(session, NOW + timedelta(minutes=10))[8] == 108  # the median of 108, 68 and 508


def test_how_long_people_stayed_is_added_up_but_not_over_a_gap(owner, shop):
    session = make_live_session(owner, shop)
    sample = FigureSample(session=session, at=NOW, viewers=30, claims=0, units=0, amount_fen=0, messages=0, likes=0, viewer_seconds=100)
    assert watched_seconds(sample, NOW + timedelta(seconds=10)) == 400
    assert watched_seconds(sample, NOW + timedelta(minutes=3)) == 100
    assert watched_seconds(sample, NOW) == 100
    assert watched_seconds(None, NOW) == 0


def test_a_lost_answer_is_looked_up_by_its_key(owner, shop):
    item = make_item_on_sale(owner, shop)
    done = services.take_down(actor=owner, session_id=item.session_id, item_id=item.pk, key="lost", now=LATER)
    assert queries.action_of_key(item.session_id, "lost") == done
    assert queries.action_of_key(item.session_id, "never") is None
    assert queries.action_of_key(item.session_id, "") is None


@pytest.mark.parametrize("role", ["host", "analyst", "service", "selection"])
def test_who_may_not_steer_changes_nothing(owner, shop, role):
    item = make_item_on_sale(owner, shop)
    other = second_item(owner, item.session)
    someone = make_actor("someone", role, shop=shop)
    before, shown = DeskAction.objects.count(), room_shows(item.session)
    for refused in (
        lambda: services.pin_item(actor=someone, session_id=item.session_id, item_id=other.pk, key=key(), now=LATER),
        lambda: services.previous_segment(actor=someone, session_id=item.session_id, seen=item.segment_id, key=key(), now=LATER),
        lambda: services.switch_stream(actor=someone, session_id=item.session_id, key=key(), now=LATER),
    ):
        with pytest.raises(AbilityMissing):
            refused()
    assert DeskAction.objects.count() == before
    assert room_shows(item.session) == shown
