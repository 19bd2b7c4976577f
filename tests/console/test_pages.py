"""The shell's own pages, through the client."""

from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext
from django.db import connection
from django.utils import translation

from kaibo.console import badges, queries
from kaibo.console import navigation as nav
from kaibo.kit.clock import utc_now
from kaibo.master.people.models import Role
from kaibo.plumbing.access.access import ROLE_TITLES
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.plumbing.notices.notices import tell
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.thresholds.models import ThresholdChange
from kaibo.plumbing.wiring import Page, SearchHit, Stage, Threshold, TodayItem, Wiring, wiring
from kaibo.stages import FLOW
from tests.console.conftest import client_of
from tests.make.people import NOW, make_actor, make_person

pytestmark = pytest.mark.django_db

PAGES = ("/", "/search?q=", "/search?q=KB", "/notices", "/why", "/why?ability=stock:stock:adjust", "/profile", "/settings/thresholds", "/components")


@pytest.mark.parametrize("role", ROLE_TITLES)
def test_every_role_can_open_the_shell_in_both_languages(role, shop):
    person = make_person(f"one-{role}", role, shop=shop)
    client = client_of(person)
    for language in ("zh-hans", "en"):
        client.post("/preferences", {"language": language})
        for page in PAGES:
            assert client.get(page).status_code == 200, (page, language)


def test_a_person_without_any_role_still_has_a_home(shop):
    client = client_of(make_person("zoe"))
    assert "今天没有等你处理的事" in client.get("/").content.decode()


def test_the_gallery_shows_every_component_there_is(as_alice):
    from pathlib import Path

    import kaibo.console

    folder = Path(kaibo.console.__file__).parent / "templates" / "console" / "components"
    gallery = (folder.parent / "gallery.html").read_text(encoding="utf-8")
    for component in folder.glob("*.html"):
        assert f"{{% {component.stem} " in gallery or component.stem == "field", component.stem
    assert as_alice.get("/components").status_code == 200


@pytest.fixture
def wired(monkeypatch):
    """Replace the assembled wiring as the shell sees it."""

    def wire(**parts):
        made = Wiring(stages=(Stage(key="supply", **parts),), shared=(), reactions={})
        monkeypatch.setattr(queries, "wiring", lambda: made)
        monkeypatch.setattr(nav, "wiring", lambda: made)
        monkeypatch.setattr(badges, "wiring", lambda: made)
        return made

    return wire


class TestToday:
    def items(self, actor, now):
        hour = timedelta(hours=1)
        return [
            TodayItem(now + 2 * hour, "彩排", "场控", "/c", "run", "showplan"),
            TodayItem(now - hour, "放行", "品控", "/a", "red", "supply"),
            TodayItem(now + 40 * hour, "预告", "运营", "/d", "run", "warmup"),
            TodayItem(now - 2 * hour, "自检", "技术", "/b", "ok", "showplan"),
            TodayItem(now, "开闸", "运营", "/e", "run", "showplan"),
        ]

    def test_stands_in_time_order_with_its_lateness(self, wired, shop):
        wired(today=self.items)
        actor = make_actor("alice", "owner")
        found = [(item.title, item.part) for item in queries.due_items(actor, NOW)]
        assert found == [("自检", "finished"), ("放行", "late"), ("开闸", "today"), ("彩排", "today"), ("预告", "later")]

    def test_midnight_in_shanghai_ends_the_day(self, wired, shop):
        edge = NOW.replace(hour=16)  # 00:00 in Shanghai
        wired(today=lambda actor, now: [TodayItem(edge - timedelta(seconds=1), "甲", "", "/"), TodayItem(edge, "乙", "", "/")])
        assert [item.part for item in queries.due_items(make_actor("alice", "owner"), NOW)] == ["today", "later"]

    def test_shows_open_work_first_and_finished_on_demand(self, wired, as_alice):
        wired(today=self.items)
        page, finished = (as_alice.get(address).content.decode() for address in ("/", "/?part=finished"))
        assert "放行" in page and "自检" not in page
        assert "自检" in finished and "放行" not in finished


class TestFindingAnything:
    def test_groups_hits_by_kind_and_matches_pages_in_both_languages(self, wired, shop):
        hits = [SearchHit("外套", "KB-2417", "/p/1", "商品"), SearchHit("6953", "", "/o/1", "订单"), SearchHit("开衫", "KB-2422", "/p/2", "商品")]
        wired(search=lambda actor, term: hits, pages=(Page("供应链", "notices"),))
        with translation.override("zh-hans"):
            found = queries.search_everything(make_actor("alice", "owner"), "supply")
        assert [(kind, [hit.title for hit in group]) for kind, group in found] == [("商品", ["外套", "开衫"]), ("订单", ["6953"]), ("页面", ["供应链"])]

    def test_a_source_is_not_asked_without_a_term(self, wired, shop):
        wired(search=lambda actor, term: pytest.fail("asked"), pages=(Page("供应链", "notices"),))
        assert [hit.title for _, group in queries.search_everything(make_actor("alice", "owner"), "  ") for hit in group] == ["供应链"]

    def test_a_page_one_may_not_open_is_not_offered(self, wired, shop):
        wired(pages=(Page("失败任务", "jobs", ability="console:job:see"),))
        assert queries.search_everything(make_actor("hanna", "host", shop=shop), "失败") == []

    def test_at_most_six_hits_come_from_one_source(self, wired, shop):
        wired(search=lambda actor, term: [SearchHit(str(n), "", "/", "商品") for n in range(50)])
        assert [len(group) for _, group in queries.search_everything(make_actor("alice", "owner"), "x")] == [6]

    def test_what_was_typed_comes_back_escaped(self, as_alice):
        assert "<b>zz" not in as_alice.get("/search", {"q": "<b>zzzz"}).content.decode()


class TestNavigation:
    def of(self, actor, path="/"):
        return nav.navigation(actor, path=path, now=NOW, is_english=False)

    def test_stages_stand_in_the_order_of_the_flow(self, shop):
        titles = [entry.key for section in self.of(make_actor("alice", "owner")) if section.title == "流程" for entry in section.entries]
        assert titles == [stage.key for stage in FLOW if wiring().stage(stage.key).pages]

    def test_entries_one_may_not_open_are_left_out(self, shop):
        hrefs = [entry.href for section in self.of(make_actor("hanna", "host", shop=shop)) for entry in section.entries]
        assert "/jobs" not in hrefs
        assert "/settings/thresholds" in hrefs

    @pytest.mark.parametrize(("path", "current"), [("/jobs", "/jobs"), ("/jobs/job/1/retry", "/jobs"), ("/jobsearch", ""), ("/", "/"), ("/profile", "")])
    def test_the_place_is_the_longest_beginning_of_the_path(self, shop, path, current):
        marked = [entry.href for section in self.of(make_actor("alice", "owner"), path) for entry in section.entries if entry.is_current]
        assert marked == ([current] if current else [])

    def test_every_stage_has_a_key_of_its_own(self):
        keys = [nav.PLACE_KEYS[stage.key] for stage in FLOW]
        assert len({*keys, "h", "b"}) == len(FLOW) + 2

    def test_badges_count_for_the_actor(self, wired, shop):
        def waiting(actor, now):
            return (Role.objects.all(),) if actor.can("people:person:manage") else ()

        wired(pages=(Page("供应链", "notices"),), badge=waiting)
        hanna, alice = ({section.title: section for section in self.of(one)}["流程"] for one in (make_actor("hanna", "host", shop=shop), make_actor("alice", "owner")))
        assert (hanna.entries[0].badge, alice.entries[0].badge) == (0, len(ROLE_TITLES))


class TestNotices:
    def test_are_mine_alone_and_read_once(self, as_alice, alice, otto):
        tell([alice.pk, otto.pk], key="lot", title="批次待放行", now=utc_now())
        assert "批次待放行" in as_alice.get("/notices").content.decode()
        as_alice.post("/notices/read")
        assert Notice.objects.filter(person_id=alice.pk, read_at=None).count() == 0
        assert Notice.objects.filter(person_id=otto.pk, read_at=None).count() == 1


class TestWhy:
    def test_names_the_role_that_is_missing_and_who_has_it(self, as_hanna, alice, shop):
        make_person("wu", "warehouse", shop=shop)
        page = as_hanna.get("/why?ability=stock:stock:adjust").content.decode()
        assert "不可以" in page
        assert "仓配 Wu" in page
        assert "Alice" in page

    def test_says_so_when_one_may(self, as_alice):
        assert 'class="pill ok"' in as_alice.get("/why?ability=stock:stock:adjust").content.decode()

    def test_an_ability_nobody_ever_heard_of_is_no_crash(self, as_hanna):
        assert as_hanna.get("/why?ability=<script>").status_code == 200


class TestThresholds:
    @pytest.fixture
    def key(self):
        return next(one.key for one in wiring().thresholds().values() if one.unit == "bp")

    def test_the_owner_changes_one_with_a_reason(self, as_alice, key):
        response = as_alice.post(f"/settings/thresholds/{key}", {"value": "37.5%", "reason": "上月退货偏高"})
        assert response.status_code == 302
        assert thresholds.value(key) == 3750
        row = AuditRow.objects.get(deed="console:threshold:change")
        assert (row.details["after"], row.reason) == (3750, "上月退货偏高")

    @pytest.mark.parametrize(("sent", "status"), [({"value": "40", "reason": ""}, 422), ({"value": "viel", "reason": "x"}, 422), ({}, 422)])
    def test_a_change_without_reason_or_sense_changes_nothing(self, as_alice, key, sent, status):
        assert as_alice.post(f"/settings/thresholds/{key}", sent).status_code == status
        assert ThresholdChange.objects.count() == 0

    def test_an_unknown_one_is_not_there(self, as_alice):
        assert as_alice.post("/settings/thresholds/no.such", {"value": "1", "reason": "x"}).status_code == 404

    @pytest.mark.parametrize(("unit", "value", "shown"), [("bp", 3000, "30%"), ("fen", 20000, "¥200"), ("minutes", 60, "60 分钟"), ("count", 5, "5")])
    def test_values_are_shown_with_their_unit(self, unit, value, shown):
        from kaibo.console.words import threshold_text

        assert threshold_text(thresholds.InForce(Threshold("k", value, unit, "", "", ""), value, True)) == shown


def test_failed_work_is_listed_and_retried_by_who_may(as_alice, as_hanna):
    from datetime import UTC, datetime

    from kaibo.plumbing.outbox.models import Delivery, OutboxFact

    fact = OutboxFact.objects.create(name="supply.lot_released", payload={}, announced_at=datetime.now(UTC))
    dead = Delivery.objects.create(fact=fact, handler="x.y", state=Delivery.State.DEAD, attempts=9, last_error="ValueError: 坏了", next_try_at=datetime.now(UTC))
    assert "ValueError: 坏了" in as_alice.get("/jobs").content.decode()
    assert as_hanna.post(f"/jobs/delivery/{dead.pk}/retry").status_code == 403
    dead.refresh_from_db()
    assert dead.state == Delivery.State.DEAD
    assert as_alice.post(f"/jobs/delivery/{dead.pk}/retry").status_code == 302
    dead.refresh_from_db()
    assert dead.state == Delivery.State.WAITING
    assert as_alice.post(f"/jobs/delivery/{dead.pk}/retry").status_code == 404


def queries_of(client, page):
    with CaptureQueriesContext(connection, ) as caught:
        client.get(page)
    return len(caught)


def test_more_notices_cost_no_more_queries(as_alice, alice):
    tell([alice.pk], key="first", title="一", now=utc_now())
    as_alice.get("/notices")
    few = queries_of(as_alice, "/notices")
    for n in range(30):
        tell([alice.pk], key=f"more-{n}", title="又一", now=utc_now())
    assert queries_of(as_alice, "/notices") == few


def test_a_fragment_for_htmx_does_not_pay_for_the_navigation(as_alice, wired):
    wired(pages=(Page("供应链", "notices"),), badge=lambda actor, now: pytest.fail("counted"))
    assert as_alice.get("/search?q=", headers={"HX-Request": "true"}).status_code == 200
