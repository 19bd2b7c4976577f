"""INS-9: what people say of a product becomes a task with owner and day, is done or declined with a reason, and its effect is looked at."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from kaibo.kit.ids import new_id
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.aftersales.models import Case
from kaibo.stages.analytics import exports, improvements, product_pages
from kaibo.stages.analytics.models import Improvement
from kaibo.stages.analytics.opinions import Said, Source
from kaibo.stages.analytics.services import DueInThePast
from kaibo.stages.analytics.today import today
from kaibo.room import backoffice
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.showplan.models import Segment
from tests.make.analytics import NOW, make_ended_session, say
from tests.make.goods import make_product, make_sku
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def coat(shop):
    product = make_product(shop, "KB-1", "短款双面呢外套")
    make_sku(product, code="KB-1-M")
    return product


@pytest.fixture
def sun(shop):
    return make_actor("sun", "selection", shop=shop)


def sell(product, units: int, *, days_ago: float, complaints: int = 0, reason: str = "起球严重", is_test: bool = False) -> None:
    """Orders of one unit each; the first of them come back with a complaint a day later."""
    sku, at = product.skus.get(), NOW - DAY * days_ago
    for number in range(units):
        key = new_id()
        order = Order.objects.create(
            id=key, shop_id=product.shop_id, platform="own", order_no=str(key), state="shipped", amount_fen=100, paid_fen=100, units=1, ordered_at=at, paid_at=at,
            source="claim", source_version=at, created_at=at, is_test=is_test,
        )  # fmt: skip
        line = OrderLine.objects.create(order=order, line_no="1", sku=sku, quantity=1, price_fen=100, amount_fen=100)
        if number < complaints:
            Case.objects.create(
                shop_id=product.shop_id, platform="own", case_no=str(key), order=order, line=line, kind="return", nature="quality", impact="one", severity="general",
                state="requested", reason=reason, opened_at=at + DAY, due_at=at + 3 * DAY, source_version=at,
            )  # fmt: skip


def plan(actor, product, point="fabric", **changed) -> Improvement:
    said = {"words": "换抗起球纱线", "owner_id": actor.person_id, "due_on": date(2026, 12, 6), "now": NOW} | changed
    return improvements.plan(actor=actor, product_id=product.pk, point=point, **said)


def test_cases_and_questions_of_a_product_are_gathered_and_those_of_others_and_of_the_teams_tests_are_not(shop, coat):
    sell(coat, 5, days_ago=20, complaints=3)
    sell(coat, 1, days_ago=20, complaints=1, is_test=True)
    scarf = make_product(shop, "KB-2", "围巾")
    make_sku(scarf, code="KB-2-M")
    sell(scarf, 1, days_ago=20, complaints=1)
    session = make_ended_session(shop, days_ago=2)
    Segment.objects.create(session=session, position=1, kind="product", title="外套", product=coat, minutes=60)
    with connection.cursor() as cursor:
        backoffice.open_room(cursor, room=session.room, title="秋冬上新", operator="林夏", host="林夏", company="示例公司", shop=shop.pk)
    say(session, "会起球吗", "主播晚上好", "穿多大码呢")
    with connection.cursor() as cursor:
        cursor.execute("insert into room.messages (message, room, visitor, nickname, text, verdict, sent_at, speaker) select gen_random_uuid(), room, 'auto', '客服', '会起球的话可以退', 'pass', sent_at, 'auto' from room.messages limit 1")
    found = improvements.points_for(coat, NOW)
    assert {one.key: (one.people, one.by_source) for one in found.points} == {"fabric": (4, {"case": 3, "chat": 1}), "size": (1, {"chat": 1})}
    assert found.whole == 5


def test_what_was_said_more_than_ninety_days_ago_counts_no_more(coat):
    sell(coat, 1, days_ago=92, complaints=1)
    assert improvements.points_for(coat, NOW).points == ()


def test_a_point_becomes_somebodys_task_is_done_and_leaves_their_list(coat, sun):
    sell(coat, 4, days_ago=20, complaints=2)
    made = plan(sun, coat)
    assert (made.state, made.people, made.whole, made.quotes) == ("planned", 2, 2, ["起球严重"])
    assert [one.title for one in today(sun, NOW) if "纱线" in one.title] == ["换抗起球纱线 · 短款双面呢外套"]
    improvements.finish(actor=sun, improvement_id=made.pk, note="11 月 25 日起的批次", now=NOW + DAY)
    assert not [one for one in today(sun, NOW) if "纱线" in one.title]
    assert [one.details["state"] for one in AuditRow.objects.filter(subject=f"improvement:{made.pk}").order_by("id")] == ["planned", "done"]


def test_the_same_point_is_given_away_once_and_an_unknown_or_late_one_not_at_all(coat, sun):
    sell(coat, 4, days_ago=20, complaints=2)
    plan(sun, coat)
    with pytest.raises(improvements.PointPlanned):
        plan(sun, coat)
    with pytest.raises(improvements.PointUnknown):
        plan(sun, coat, point="taste")
    with pytest.raises(DueInThePast):
        plan(sun, coat, due_on=date(2026, 11, 21))
    assert Improvement.objects.count() == 1


def test_a_declined_point_keeps_its_reason_and_may_be_planned_later(coat, sun):
    sell(coat, 4, days_ago=20, complaints=2)
    with pytest.raises(improvements.WordsMissing):
        improvements.decline(actor=sun, product_id=coat.pk, point="fabric", reason=" ", now=NOW)
    made = improvements.decline(actor=sun, product_id=coat.pk, point="fabric", reason="羊毛含量高就会这样，写进洗护说明", now=NOW)
    assert (made.state, made.reason) == ("declined", "羊毛含量高就会这样，写进洗护说明")
    assert plan(sun, coat).state == "planned"


def test_declining_a_planned_point_ends_its_task(coat, sun):
    sell(coat, 4, days_ago=20, complaints=2)
    made = plan(sun, coat)
    improvements.decline(actor=sun, product_id=coat.pk, point="fabric", reason="工厂停产", now=NOW)
    made.refresh_from_db()
    assert (made.state, made.reason) == ("declined", "工厂停产")
    with pytest.raises(improvements.ImprovementMovedOn):
        improvements.finish(actor=sun, improvement_id=made.pk, note="", now=NOW)


def test_the_effect_is_complaints_per_unit_before_and_after_with_an_interval(coat, sun):
    sell(coat, 100, days_ago=40, complaints=30)
    made = plan(sun, coat, now=NOW - 30 * DAY)
    improvements.finish(actor=sun, improvement_id=made.pk, note="", now=NOW - 28 * DAY)
    sell(coat, 100, days_ago=20, complaints=3)
    made.refresh_from_db()
    effect = improvements.effect_of(made, NOW, fewest_units=30)
    assert [(one.people, one.units) for one in (effect.before, effect.after)] == [(30, 100), (3, 100)]
    assert (effect.difference.difference_bp, effect.verdict) == (-2_700, "fewer")


@pytest.mark.parametrize(("after", "verdict"), [(20, "too_few"), (40, "open")])
def test_too_few_units_or_a_difference_within_chance_give_no_verdict(coat, sun, after, verdict):
    sell(coat, 60, days_ago=40, complaints=6)
    made = plan(sun, coat, now=NOW - 30 * DAY)
    improvements.finish(actor=sun, improvement_id=made.pk, note="", now=NOW - 28 * DAY)
    sell(coat, after, days_ago=20, complaints=3)
    made.refresh_from_db()
    assert improvements.effect_of(made, NOW, fewest_units=30).verdict == verdict


def test_the_conclusion_is_kept_only_of_what_was_done(coat, sun):
    sell(coat, 4, days_ago=20, complaints=2)
    made = plan(sun, coat)
    with pytest.raises(improvements.ImprovementMovedOn):
        improvements.note_outcome(actor=sun, improvement_id=made.pk, outcome="有用", now=NOW)
    improvements.finish(actor=sun, improvement_id=made.pk, note="", now=NOW)
    improvements.note_outcome(actor=sun, improvement_id=made.pk, outcome="有用，用到围巾上", now=NOW + 14 * DAY)
    made.refresh_from_db()
    assert (made.outcome, made.outcome_by) == ("有用，用到围巾上", sun.name)


@pytest.mark.parametrize(("role", "status"), [("selection", 302), ("quality", 302), ("host", 403), ("compliance", 403)])
def test_who_may_decide_a_point(shop, coat, role, status):
    sell(coat, 2, days_ago=20, complaints=1)
    client, person = Client(), make_person("someone", role, shop=shop)
    client.force_login(person)
    answer = client.post(
        reverse("analytics:plan-improvement", args=[coat.pk, "fabric"]), {"words": "换纱", "owner": str(person.pk), "due_on": date.today() + timedelta(days=400)}  # noqa: DTZ011  any day to come
    )
    assert (answer.status_code, Improvement.objects.count()) == (status, int(status == 302))


def test_the_owner_of_a_task_finishes_it_without_deciding_others_and_a_stranger_does_neither(shop, coat, sun):
    sell(coat, 2, days_ago=20, complaints=1)
    host = make_actor("tang", "host", shop=shop)
    made = plan(sun, coat, owner_id=host.person_id)
    stranger = make_actor("li", "selection", shop=make_shop("other"))
    with pytest.raises(improvements.ImprovementUnknown):
        improvements.finish(actor=stranger, improvement_id=made.pk, note="", now=NOW)
    assert improvements.finish(actor=host, improvement_id=made.pk, note="", now=NOW).state == "done"


def test_the_pages_answer_with_points_and_without_any_product_and_the_file_holds_the_decisions(shop, coat, sun):
    client = Client()
    client.force_login(make_person("xu", "operations", shop=shop))
    assert "近 90 天没有人说它哪里不好" in client.get(reverse("analytics:product", args=[coat.pk])).content.decode()
    sell(coat, 4, days_ago=20, complaints=2)
    Case.objects.update(opened_at=NOW - 5 * DAY)
    made = plan(sun, coat)
    page = client.get(reverse("analytics:products")).content.decode()
    assert "换抗起球纱线" in page and "短款双面呢外套" in page
    assert client.get(reverse("analytics:product", args=[UUID(int=1)])).status_code == 404
    rows = list(exports.IMPROVEMENTS.rows(KAIBO, None, None))
    assert [row[:5] for row in rows] == [("短款双面呢外套", "面料（起球、掉色、掉毛）", 2, 2, "在改")]
    assert rows[0][10] == made.decided_at


def test_who_asks_before_buying_does_not_still_complain_of_what_was_mended(shop, coat, sun):
    sell(coat, 4, days_ago=20, complaints=2)
    made = plan(sun, coat, now=NOW - 10 * DAY)
    improvements.finish(actor=sun, improvement_id=made.pk, note="", now=NOW - 8 * DAY)
    said = [*improvements.said_for(coat, NOW), Said(Source.CHAT, "v1", "会起球吗", NOW - DAY, "/"), Said(Source.REVIEW, "r1", "还是起球", NOW - DAY, "/")]
    row = product_pages.product_context(coat, said, now=NOW, may_decide=True)["rows"][0]
    assert (row.point.key, row.point.people, row.since_done) == ("fabric", 4, 1)


def test_the_list_asks_as_many_questions_for_ten_products_as_for_one(shop, coat, django_assert_max_num_queries):
    client = Client()
    client.force_login(make_person("xu", "operations", shop=shop))
    client.get(reverse("analytics:products"))
    for number in range(10):
        make_sku(make_product(shop, f"KB-9{number}", f"商品{number}"), code=f"KB-9{number}-M")
    with django_assert_max_num_queries(45) as seen:
        client.get(reverse("analytics:products"))
    assert len([one for one in seen.captured_queries if "catalog_product" in one["sql"]]) <= 3
