"""The example shop of `./kaibo demo`, built as the verb builds it: every file taken, every proof without a difference."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaibo.config import checks
from kaibo.demo import afterwards, earlier, house, tonight
from kaibo.kit.clock import utc_now
from kaibo.master.launches import queries as launches
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake.models import ImportRun
from kaibo.plumbing.outbox import outbox
from kaibo.stages.aftersales.models import Case
from kaibo.stages.analytics.models import Retrospective, Snapshot
from kaibo.stages.members.models import Member
from kaibo.stages.orders.models import Finding, Order
from kaibo.stages.risk.models import Mention
from kaibo.stages.showplan.models import Session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    for place in ("kaibo.stages.analytics.queries.gathering.lake_folder", "kaibo.demo.past.lake_folder", "kaibo.demo.tonight.lake_folder"):
        monkeypatch.setattr(place, lambda: tmp_path / "lake")
    now = utc_now()
    starts_at = now - timedelta(minutes=42)
    built = house.build(now, starts_at)
    tonight.list_goods(built, now - timedelta(days=15))
    afterwards.before_tonight(built, now)
    session_id = tonight.plan(built, starts_at, now - timedelta(days=5))
    afterwards.announce(session_id, starts_at)
    tonight.go_on_air(session_id, starts_at, utc_now())
    afterwards.around_tonight(built, session_id, now)
    return built


def test_the_example_shop_is_whole(shop):
    assert {(run.kind, run.state) for run in ImportRun.objects.all()} == {
        (kind, "done") for kind in ("competitors", "reviews", "hotwords", "purchases", "live-figures", "orders", "mentions")
    }  # fmt: skip
    assert [run.rows_quarantined for run in ImportRun.objects.exclude(kind="mentions")] == [0] * 6
    assert Order.objects.filter(platform="douyin").count() == 300
    assert Finding.objects.filter(order__platform="douyin", state="open").count() == 18
    assert sorted(Session.objects.values_list("state", flat=True)) == ["ended"] * len(earlier.EVENINGS) + ["live"]
    assert Retrospective.objects.count() == len(earlier.EVENINGS) - 1
    assert {picture["picture"]["paid_orders"] > 5 for picture in Snapshot.objects.filter(session__state="ended").values("picture")} == {True}
    assert Case.objects.count() == 6
    assert set(Case.objects.values_list("severity", flat=True)) == {"minor", "general", "serious"}
    assert Member.objects.filter(consent="given", segment="high_value").exists()
    assert Mention.objects.count() == 3

    rows = launches.board(KAIBO, utc_now())
    assert len(rows) == 7
    states = {cell.finding.state for row in rows for cell in row.cells}
    assert states == {"ok", "run", "red", "none"}
    assert all(cell.finding.reason for row in rows for cell in row.cells)

    outbox.deliver_waiting(utc_now())
    audit.seal(utc_now())
    assert checks.differences() == []
