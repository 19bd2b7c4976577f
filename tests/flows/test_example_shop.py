"""The example shop of `./kaibo demo`, built as the verb builds it: every file taken, every proof without a difference."""

from __future__ import annotations

from datetime import timedelta

import pytest

from django.db import connection

from kaibo.config import checks
from kaibo.demo import afterwards, coupons, earlier, house, tonight
from kaibo.kit import draw_proof
from kaibo.kit.clock import utc_now
from kaibo.master.launches import queries as launches
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.outbox import outbox
from kaibo.stages.aftersales.models import Case
from kaibo.plumbing.payments import pay_channels
from kaibo.room import polls
from kaibo.room.figures import room_figures
from kaibo.stages.analytics.models import Retrospective, Snapshot
from kaibo.stages.live import draw_queries
from kaibo.stages.live.models import CouponPlan, Incident, SpeechHit
from kaibo.stages.members.models import Member
from kaibo.stages.orders.models import Finding, Order, Payment
from kaibo.stages.risk.models import Mention
from kaibo.stages.showplan.models import Session
from tests.make.databases import url_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    for place in ("kaibo.stages.analytics.queries.gathering.lake_folder", "kaibo.demo.past.lake_folder", "kaibo.demo.tonight.lake_folder"):
        monkeypatch.setattr(place, lambda: tmp_path / "lake")
    now = utc_now()
    starts_at = now - timedelta(minutes=tonight.MINUTES_IN)
    database = url_of(connection.settings_dict["NAME"])
    for place in ("kaibo.demo.payments.address", "kaibo.demo.talk.address", "kaibo.config.paying.address"):
        monkeypatch.setattr(place, lambda _env: database)
    pay_channels.cache_clear()
    built = house.build(now, starts_at)
    tonight.list_goods(built, now - timedelta(days=15))
    afterwards.before_tonight(built, now)
    session_id = tonight.plan(built, starts_at, now - timedelta(days=5))
    afterwards.announce(session_id, starts_at)
    tonight.go_on_air(session_id, starts_at, utc_now())
    afterwards.around_tonight(built, session_id, now)
    yield built
    pay_channels.cache_clear()


def test_the_example_shop_is_whole(shop):
    assert {(run.kind, run.state) for run in ImportRun.objects.all()} == {
        (kind, "done") for kind in (
            "competitors", "reviews", "hotwords", "purchases", "live-figures", "orders", "mentions", "market-heat", "live-rankings", "audience",
            "listingdays", "abfigures",
        )
    }  # fmt: skip
    assert {run.rows_quarantined for run in ImportRun.objects.exclude(kind="mentions")} == {0}
    assert Order.objects.filter(platform="douyin").count() == 300
    assert Finding.objects.filter(order__platform="douyin", state="open").count() == 18
    assert sorted(Session.objects.values_list("state", flat=True)) == ["ended"] * len(earlier.EVENINGS) + ["live"]
    assert Retrospective.objects.count() == len(earlier.EVENINGS) - 1
    assert {picture["picture"]["paid_orders"] > 5 for picture in Snapshot.objects.filter(session__state="ended").values("picture")} == {True}
    assert Case.objects.count() == 6
    assert set(Case.objects.values_list("severity", flat=True)) == {"minor", "general", "serious"}
    assert Member.objects.filter(consent="given", segment="high_value").exists()
    assert Mention.objects.count() == 3

    assert Payment.objects.filter(channel="sandbox").count() == Order.objects.filter(source="claim", paid_fen__gt=0).count() > 100
    assert set(Incident.objects.values_list("is_drill", "kind")) == {(True, "network"), (False, "device")}
    assert sorted(SpeechHit.objects.values_list("state", flat=True)) == ["acknowledged", "open", "open"]
    with connection.cursor() as cursor:
        assert [(one.title, one.state, one.votes) for one in polls.polls_of(cursor, tonight.ROOM)] == [
            ("下一场想看什么？", "open", 0), ("围巾先讲哪个颜色？", "closed", 137),
        ]  # fmt: skip
        cursor.execute("SELECT state, count(*) FROM room.questions WHERE room = %s GROUP BY state", [tonight.ROOM])
        assert dict(cursor.fetchall())["answered"] == 4
    with connection.cursor() as cursor:
        figures = room_figures(cursor, tonight.ROOM)
        assert (figures.followers, figures.new_followers) == (coupons.FOLLOWERS, coupons.FOLLOWERS)
        cursor.execute("SELECT taken_units, units FROM room.coupons WHERE room = %s", [tonight.ROOM])
        assert cursor.fetchall() == [(coupons.TAKEN, 300)]
    assert sorted(CouponPlan.objects.values_list("state", flat=True)) == ["issued", "waiting"]
    drawn, opened, draft = sorted(draw_queries.draws_of(Session.objects.get(state="live"), now=utc_now()), key=lambda one: one.plan.written_at)
    assert [one.state for one in (drawn, opened, draft)] == ["drawn", "open", "draft"]
    assert not draft.lacks
    assert draw_proof.verify(draw_queries.published_file(KAIBO, drawn.plan.pk)[1].encode()) == []

    rows = launches.board(KAIBO, utc_now())
    assert len(rows) == 7
    states = {cell.finding.state for row in rows for cell in row.cells}
    assert states == {"ok", "run", "red", "none"}
    assert all(cell.finding.reason for row in rows for cell in row.cells)

    outbox.deliver_waiting(utc_now())
    audit.seal(utc_now())
    assert checks.differences() == []
