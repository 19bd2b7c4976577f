"""A session counted from lake, room and orders; what is decided about it; and the next plan."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaibo.facts.flow import RetrospectiveConcluded, SessionEnded
from kaibo.kit.errors import Forbidden
from kaibo.plumbing.intake.kinds import ImportContext, ParsedRow, Refused, Taken
from kaibo.plumbing.outbox.models import OutboxFact
from kaibo.stages.analytics import queries, services
from kaibo.stages.analytics.handlers import count_ended_session
from kaibo.stages.analytics.imports import LIVE_FIGURES, figures_of_workbook
from kaibo.stages.analytics.jobs import count_sessions, seal_lake
from kaibo.stages.analytics.models import Action, PlatformFigure, Retrospective, Snapshot
from kaibo.stages.analytics.next_plan import NotConcludedYet, plan_next
from kaibo.stages.showplan.models import Session
from tests.make.analytics import NOW, STARTED, Sold, make_ended_session, make_item, make_picture, make_snapshot, make_stats, make_viewers, say, use_lake
from tests.make.people import make_actor, make_shop

pytestmark = pytest.mark.django_db
COAT = Sold("KB-2417", "双面呢外套", shown=40, clicked=20, ordered=6, paid=4)
SCARF = Sold("KB-2501", "羊绒围巾", shown=30, clicked=10, ordered=2, paid=2, price_fen=19_900)


@pytest.fixture
def lake(settings, tmp_path):
    kept = settings.ENV
    use_lake(tmp_path)
    yield tmp_path
    settings.ENV = kept


@pytest.fixture
def shown(shop, lake):
    """Fifty viewers, a coat and a scarf: 6 and 2 orders, 4 and 2 of them paid."""
    session = make_ended_session(shop)
    items = {make_item(session, sold): sold for sold in (COAT, SCARF)}
    make_viewers(session, 50, items, sharing=5)
    say(session, "160 斤穿什么码？", "起球吗", "主播好美")
    return session


def test_a_session_is_counted_from_viewers_claims_and_payments(shown):
    found = services.take_snapshot(session=shown, now=NOW)
    assert (found.viewers, found.views, found.dwell_seconds) == (50, 50, 50 * 600)
    assert found.steps == (("enter", 50), ("expose", 40), ("click", 20), ("order", 6), ("pay", 4))
    assert (found.orders, found.paid_orders, found.paid_units, found.gross_fen) == (8, 6, 6, 4 * 59_900 + 2 * 19_900)
    # v0–v4 shared, v0–v2 spoke: five people, not eight
    assert (found.interacting, found.interactions) == (5, {"comment": 3, "like": 0, "share": 5, "follow": 0})
    coat = next(one for one in found.items if one.title.startswith("双面呢外套"))
    assert (coat.expose_people, coat.click_people, coat.buyers, coat.paid_buyers, coat.gross_fen) == (40, 20, 6, 4, 239_600)
    assert sum(minute.orders for minute in found.minutes) == 8


def test_counting_again_gives_the_same_figures(shown):
    first = services.take_snapshot(session=shown, now=NOW)
    seal_lake(NOW)
    again = services.take_snapshot(session=shown, now=NOW + timedelta(minutes=1))
    assert (again.viewers, again.interacting, again.steps, again.minutes) == (first.viewers, first.interacting, first.steps, first.minutes)
    assert Snapshot.objects.count() == 1


def test_a_session_that_ended_is_counted_and_its_causes_proposed(shown, monkeypatch):
    count_ended_session(SessionEnded(session_id=shown.pk, shop_id=shown.shop_id, ended_at=NOW), NOW)
    assert queries.kept_picture(shown.pk).viewers == 50


def test_the_clock_counts_live_sessions_each_minute_and_ended_ones_every_six_hours(shop, lake):
    live, ended = make_ended_session(shop, room="now", state="live"), make_ended_session(shop, room="before", days_ago=2)
    assert count_sessions(NOW) == 2
    assert count_sessions(NOW + timedelta(seconds=20)) == 0
    assert count_sessions(NOW + timedelta(seconds=60)) == 1
    assert Snapshot.objects.get(session=live).taken_at == NOW + timedelta(seconds=60)
    assert count_sessions(NOW + timedelta(hours=6)) == 2
    assert count_sessions(NOW + timedelta(days=40)) == 1  # returns no longer come in; only the live one goes on
    assert Snapshot.objects.get(session=ended).taken_at == NOW + timedelta(hours=6)


@pytest.fixture
def slow_coat(shop):
    """An ended session whose coat was clicked and not bought, counted."""
    session = make_ended_session(shop)
    make_snapshot(session, make_picture(items=(make_stats("coat", 1_000, 19, questions={"size": 41}), make_stats("scarf", 2_000, 100)), order_people=119, paid_people=119))
    return session


CAUSE = "item-below:coat"


def test_an_accepted_action_has_an_owner_and_a_day_and_is_done_once(slow_coat, owner):
    services.propose_actions(session=slow_coat, now=NOW)
    assert services.propose_actions(session=slow_coat, now=NOW) == 0
    anna = make_actor("anna", "operations", shop=slow_coat.shop)
    made = services.accept_action(actor=owner, session_id=slow_coat.pk, cause=CAUSE, owner_id=anna.person_id, due_on=date(2026, 11, 24), now=NOW)
    assert [one.pk for one in queries.actions_due(anna)] == [made.pk]
    services.finish_action(actor=anna, action_id=made.pk, now=NOW)
    with pytest.raises(services.ActionMovedOn):
        services.finish_action(actor=anna, action_id=made.pk, now=NOW)
    made = Action.objects.get(pk=made.pk)
    assert (made.state, made.done_at, made.owner_id) == ("done", NOW, anna.person_id)


def test_an_action_cannot_be_due_yesterday(slow_coat, owner):
    with pytest.raises(services.DueInThePast):
        services.accept_action(actor=owner, session_id=slow_coat.pk, cause=CAUSE, owner_id=owner.person_id, due_on=date(2026, 11, 21), now=NOW)
    assert not Action.objects.exists()


def test_a_cause_that_was_never_found_cannot_be_accepted(slow_coat, owner):
    with pytest.raises(services.CauseUnknown):
        services.accept_action(actor=owner, session_id=slow_coat.pk, cause="item-below:nothing", owner_id=owner.person_id, due_on=date(2026, 11, 24), now=NOW)
    assert not Action.objects.exists()


def decide_all(session, actor):
    for cause in services.causes_for(session, queries.kept_picture(session.pk)):
        services.accept_action(actor=actor, session_id=session.pk, cause=cause.key, owner_id=actor.person_id, due_on=date(2026, 11, 24), now=NOW)


def test_a_retrospective_is_concluded_once_everything_is_decided_and_announced(slow_coat, owner):
    with pytest.raises(services.CausesUndecided):
        services.conclude(actor=owner, session_id=slow_coat.pk, lessons="尺码先说", now=NOW)
    assert not Retrospective.objects.exists()
    decide_all(slow_coat, owner)
    services.conclude(actor=owner, session_id=slow_coat.pk, lessons="尺码先说", now=NOW)
    with pytest.raises(services.AlreadyConcluded):
        services.conclude(actor=owner, session_id=slow_coat.pk, lessons="再来一次", now=NOW)
    assert Retrospective.objects.get().lessons == "尺码先说"
    assert list(OutboxFact.objects.filter(name=RetrospectiveConcluded.name).values_list("payload__session_id", flat=True)) == [str(slow_coat.pk)]


def test_a_live_session_and_an_empty_lesson_are_not_concluded(shop, owner):
    live, over = make_ended_session(shop, room="now", state="live"), make_ended_session(shop, room="over")
    with pytest.raises(services.SessionNotOver):
        services.conclude(actor=owner, session_id=live.pk, lessons="x", now=NOW)
    with pytest.raises(services.LessonsMissing):
        services.conclude(actor=owner, session_id=over.pk, lessons="  ", now=NOW)
    assert not Retrospective.objects.exists()


@pytest.mark.parametrize("roles", [(), ("host",), ("warehouse",)])
def test_others_conclude_nothing(slow_coat, roles):
    actor = make_actor("hugo", *roles, shop=slow_coat.shop)
    with pytest.raises(Forbidden) if roles else pytest.raises(Exception):  # noqa: B017  without a role the session is not even seen
        services.conclude(actor=actor, session_id=slow_coat.pk, lessons="x", now=NOW)
    assert not Retrospective.objects.exists()


def test_the_analyst_of_another_shop_does_not_see_the_session(slow_coat):
    from kaibo.stages.showplan.queries import SessionUnknown

    stranger = make_actor("zoe", "analyst", shop=make_shop("other", "别家"))
    with pytest.raises(SessionUnknown):
        services.recount(actor=stranger, session_id=slow_coat.pk, now=NOW)
    assert Snapshot.objects.get().taken_at == NOW
    assert queries.session_rows(stranger) == []


def test_the_next_session_is_planned_from_the_lessons(owner, shop):
    from tests.make.showplan import make_coat, make_product_segment, make_session

    session = make_session(owner, shop)
    coat = make_coat(shop)
    make_product_segment(owner, session, coat, minutes=20)
    Session.objects.filter(pk=session.pk).update(state="ended", started_at=session.starts_at, ended_at=session.ends_at)
    session.refresh_from_db()
    stats = make_stats("coat", 1_000, 100, product_id=str(coat.product_id))
    make_snapshot(session, make_picture(items=(stats, make_stats("scarf", 2_000, 60)), order_people=160, paid_people=160))
    with pytest.raises(NotConcludedYet):
        plan_next(actor=owner, session_id=session.pk, now=NOW)
    decide_all(session, owner)
    services.conclude(actor=owner, session_id=session.pk, lessons="外套讲久一点", now=NOW)
    made = plan_next(actor=owner, session_id=session.pk, now=NOW)
    segment = made.segments.get()
    assert (made.starts_at, made.theme) == (session.starts_at + timedelta(days=7), "外套讲久一点")
    assert (segment.minutes, segment.note) == (26, "话术沿用，下一场加长讲解并备足货")
    assert [offer.sku_id for offer in segment.offers.all()] == [coat.pk]


def context(shop, actor, exported_at=NOW) -> ImportContext:
    from kaibo.kit.ids import new_id

    return ImportContext(actor, shop.pk, "douyin", new_id(), NOW, exported_at)


def row(**values) -> ParsedRow:
    return ParsedRow(2, {column.key: None for column in LIVE_FIGURES.columns} | values)


def test_the_platforms_figures_find_their_session_by_its_start_and_older_files_undo_nothing(shop, owner):
    session = make_ended_session(shop)
    at = STARTED + timedelta(minutes=3)
    assert LIVE_FIGURES.apply(context(shop, owner), [row(starts_at=at, viewers=48_206, gross=26_841_000)]) == [Taken.NEW]
    assert LIVE_FIGURES.apply(context(shop, owner), [row(starts_at=at, viewers=48_206, gross=26_841_000)]) == [Taken.SAME]
    assert LIVE_FIGURES.apply(context(shop, owner, NOW - timedelta(days=1)), [row(starts_at=at, viewers=1)]) == [Taken.SAME]
    assert queries.platform_of(session.pk) == {"viewers": (48_206, "douyin"), "gross": (26_841_000, "douyin")}


def test_a_row_of_no_session_of_ours_waits(shop, owner):
    make_ended_session(shop)
    (outcome,) = LIVE_FIGURES.apply(context(shop, owner), [row(starts_at=STARTED + timedelta(hours=5), viewers=1)])
    assert isinstance(outcome, Refused)
    assert not PlatformFigure.objects.exists()


def test_a_single_sessions_workbook_is_read_by_its_names(tmp_path):
    from kaibo.plumbing.intake.reading import open_spreadsheet

    path = tmp_path / "单场.csv"
    path.write_text("直播时间,2026/11/22 17:00:00-2026/11/22 19:00:00\n直播间用户支付金额,\"¥236,552\"\n人均观看时长,1分5秒\n直播间观看-成交率（人数）,0.68%\n达人昵称,林夏\n最高在线人数,-\n", "utf-8")
    assert figures_of_workbook(open_spreadsheet(path)) == {"gross": 23_655_200, "dwell": 65, "conversion": 68}
