"""
A coat's whole way: from a list of candidates to a retrospective, through every stage, with real files and a real room.

Each step is what one person does; after it the launch board says of that stage why it is red or that it is green.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from kaibo.config import checks
from kaibo.demo import files, goods
from kaibo.kit.clock import business_date, utc_now
from kaibo.master.catalog import services as catalog
from kaibo.master.catalog.queries import skus_of
from kaibo.master.catalog.services import NewSku
from kaibo.master.launches import queries as launches
from kaibo.master.people.queries import actor_for
from kaibo.master.shops import services as shops
from kaibo.master.shops.queries import channels_of
from kaibo.master.stock import services as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit import audit
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake import services as intake
from kaibo.plumbing.outbox import outbox
from kaibo.stages.aftersales import refunds, returns
from kaibo.stages.aftersales import services as aftersales
from kaibo.stages.aftersales.rules import Impact, Kind, Nature
from kaibo.stages.aftersales.rules import State as CaseState
from kaibo.stages.aftersales.services import NewCase
from kaibo.stages.analytics import queries as analytics
from kaibo.stages.analytics import services as retrospectives
from kaibo.stages.compliance import services as compliance
from kaibo.stages.listing import services as listing
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.rules import TitleBlocked, TitleParts
from kaibo.stages.listing.services import ListingNotReady
from kaibo.stages.live import services as live
from kaibo.stages.live.models import SaleItem
from kaibo.stages.members import services as members
from kaibo.stages.orders import refunding
from kaibo.stages.orders import relay, shipping
from kaibo.stages.orders import services as orders
from kaibo.stages.orders.models import Order, OrderLine
from kaibo.stages.risk import services as risk
from kaibo.stages.risk.models import Mention
from kaibo.stages.selection import queries as selection_queries
from kaibo.stages.selection import rules as selection_rules
from kaibo.stages.selection import services as selection
from kaibo.stages.selection.rules import MarginTooThin
from kaibo.stages.showplan import queries as showplan_queries
from kaibo.stages.showplan import services as showplan
from kaibo.stages.showplan.rules import EquipmentKind
from kaibo.stages.showplan.services import NewOffer
from kaibo.stages.supply import arrivals
from kaibo.stages.supply import services as supply
from kaibo.stages.warmup import services as warmup
from tests.make.databases import url_of
from tests.make.people import make_person, make_shop
from tests.room.house import Viewer, served

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = {
    "linxia": "owner", "chenyi": "selection", "wuyue": "quality", "sufei": "compliance", "hemu": "operations", "xunuo": "operations", "zhouzhou": "control",
    "tangtang": "host", "jiangnan": "host", "anran": "host", "luming": "technician", "qiuyu": "service", "shencang": "warehouse", "baishu": "analyst",
}  # fmt: skip
DUTIES = ("tangtang", "host"), ("jiangnan", "host"), ("anran", "host"), ("hemu", "operations"), ("xunuo", "operations")


class Story:
    """The shop, its people, the clock of the story and what was made so far."""

    def __init__(self) -> None:
        self.tonight: datetime = utc_now()
        self.shop = make_shop()
        self.people = {account: make_person(account, role, shop=None if role == "owner" else self.shop) for account, role in ROLES.items()}
        self.launch_id = self.product_id = self.sku_id = self.session_id = self.listing_id = self.order_id = UUID(int=0)

    def __getattr__(self, account: str):
        return actor_for(self.people[account])

    def days_before(self, days: int) -> datetime:
        return self.tonight - timedelta(days=days)

    def bring(self, who: str, kind: str, name: str, content: bytes, *, at: datetime, platform: str = "") -> None:
        run = intake.start_import(
            actor=getattr(self, who), kind_key=kind, chunks=[content], file_name=name, platform=platform, shop_id=self.shop.pk, now=at, file_written_at=at
        )
        engine.run_import(run.pk, clock=lambda: at)
        run.refresh_from_db()
        assert run.state == "done"

    def gate(self, stage: str, *, at: datetime | None = None):
        """What the board says of this launch."""
        (row,) = launches.board(self.linxia, at or self.tonight, launch_ids=[self.launch_id])
        return next(cell.finding for cell in row.cells if cell.stage == stage)

    def assert_gate(self, stage: str, state: str, *words: str, at: datetime | None = None) -> None:
        found = self.gate(stage, at=at)
        assert (found.state, [word for word in words if word not in str(found.reason)]) == (state, []), f"{stage}: {found}"
        if state == "red":
            assert found.source, f"{stage} is red without a source"
            assert found.repair_href, f"{stage} is red without a repair"


def test_a_product_from_candidate_to_retrospective(monkeypatch, tmp_path):
    monkeypatch.setattr("kaibo.stages.analytics.queries.gathering.lake_folder", lambda: tmp_path / "lake")
    story = Story()
    a_candidate_is_chosen_from_what_the_market_complains_about(story)
    quality_holds_a_bad_lot_and_releases_a_good_one(story)
    compliance_files_what_the_channel_asks_for(story)
    the_page_is_refused_for_a_forbidden_word_and_then_published(story)
    the_evening_is_planned_until_its_gate_is_green(story)
    the_evening_is_announced_four_days_ahead(story)
    customers_are_known(story)
    viewers_claim_in_the_room(story)
    claims_are_orders_that_are_paid_and_sent(story)
    the_evening_ends_and_what_is_left_comes_home(story)
    a_buyer_sends_one_back_and_is_content(story)
    a_bad_word_about_us_is_answered_within_the_hour(story)
    the_retrospective_is_concluded(story)
    selection_hears_why_it_came_back(story)
    the_board_shows_the_whole_way(story)
    audit.seal(utc_now())
    assert checks.differences() == []


def a_candidate_is_chosen_from_what_the_market_complains_about(story: Story) -> None:
    then = story.days_before(30)
    shops.add_channel(actor=KAIBO, shop_id=story.shop.pk, platform="own", name="自播间", shop_type="", external_id="kaibo", now=then)
    catalog.ensure_category(code="apparel", title="服装", title_en="Apparel")
    story.bring("chenyi", "competitors", "竞品.csv", files.competitors(), at=then)
    story.bring("chenyi", "reviews", "评价.csv", files.reviews(then), at=then)
    market = selection_queries.markets_for(story.chenyi).get(title="短款双面呢外套")
    selection.set_reference_price(actor=story.chenyi, market_id=market.pk, reference_fen=56_000, source="老客问卷 212 份", now=then)

    thin = selection.add_candidate(actor=story.chenyi, shop_id=story.shop.pk, draft=_draft(market.pk, cost_fen=52_000, code="KB-2418"), now=then)
    selection.score_candidate(actor=story.chenyi, candidate_id=thin.pk, now=then)
    with pytest.raises(MarginTooThin):
        selection.approve_candidate(actor=story.linxia, candidate_id=thin.pk, reason="想要", now=then)

    coat = selection.add_candidate(actor=story.chenyi, shop_id=story.shop.pk, draft=_draft(market.pk, cost_fen=21_000, code="KB-2417"), now=then)
    selection.score_candidate(actor=story.chenyi, candidate_id=coat.pk, now=then)
    chosen = selection.approve_candidate(actor=story.linxia, candidate_id=coat.pk, reason="毛利站得住，差评都是起球", now=then)
    story.launch_id, story.product_id = chosen.launch_id, chosen.product_id
    story.sku_id = skus_of([chosen.product_id])[chosen.product_id][0].id
    story.assert_gate("selection", "ok", "毛利率")


def _draft(market_id: UUID, *, cost_fen: int, code: str) -> selection.Draft:
    economics = selection_rules.Economics(cost_fen=cost_fen, price_fen=59_900, return_bp=3_200, freight_fen=650, return_loss_fen=900, commission_bp=500)
    return selection.Draft(
        title="短款羊毛双面呢外套", code=code, category="apparel", economics=economics, market_id=market_id, position="quality",
        value_proposition="小个子也能穿出比例的羊毛外套", selling_points=("九成羊毛双面呢手工缝制", "短款显高小个子不压身"),
        skus=[NewSku(f"{code}-B-M", "黑色 / M", cost_fen, 59_900)],
    )  # fmt: skip


def quality_holds_a_bad_lot_and_releases_a_good_one(story: Story) -> None:
    supply.ensure_template(category="apparel", items=goods.TEMPLATE)
    stock.ensure_warehouse(code="hz", name="杭州九堡仓")
    story.assert_gate("supply", "none", "还没有采购")
    mill = supply.add_supplier(actor=story.chenyi, code="hnmf", name="海宁墨坊制衣", now=story.days_before(20))

    _arrive(story, mill.pk, "L26-BAD", goods.MEASURED | {"pilling": "2"}, at=story.days_before(16))
    story.assert_gate("supply", "red", "L26-BAD", "不合格")
    _arrive(story, mill.pk, "L26-OK", goods.MEASURED, at=story.days_before(12))
    story.assert_gate("supply", "ok")


def _arrive(story: Story, mill_id: UUID, lot: str, values: dict[str, str], *, at: datetime) -> None:
    bought = supply.draft_purchase(actor=story.chenyi, supplier_id=mill_id, sku_id=story.sku_id, quantity=40, price_fen=21_000, now=at - timedelta(days=3))
    supply.approve_purchase(actor=story.hemu, purchase_id=bought.pk, now=at - timedelta(days=2))
    inspection = arrivals.receive_goods(actor=story.shencang, purchase_id=bought.pk, lot_code=lot, quantity=40, now=at)
    supply.decide_inspection(actor=story.wuyue, inspection_id=inspection.pk, values=values, now=at + timedelta(hours=4))


def compliance_files_what_the_channel_asks_for(story: Story) -> None:
    story.assert_gate("compliance", "red", "营业执照")
    then, today = story.days_before(10), business_date(story.days_before(10))
    for kind, number, product in (("business_licence", "91330106MA2KLX7Q0B", None), ("test_report", "R-2417-26", story.product_id)):
        filed = compliance.file_document(
            actor=story.sufei, shop_id=story.shop.pk, kind=kind, number=number, issuer="浙江省轻工业品质量检验研究院", valid_from=today - timedelta(days=30),
            valid_until=date(today.year + 2, 1, 1), product_id=product, now=then,
        )  # fmt: skip
        compliance.confirm_document(actor=story.sufei, document_id=filed.pk, now=then)
    story.assert_gate("compliance", "ok")


def the_page_is_refused_for_a_forbidden_word_and_then_published(story: Story) -> None:
    then = story.days_before(8)
    story.assert_gate("listing", "red", "还没有开始做上架页")
    (channel,) = channels_of(story.shop.pk)
    page = listing.begin_listing(actor=story.hemu, product_id=story.product_id, channel_id=channel.pk, now=then)
    with pytest.raises(TitleBlocked) as refused:
        _write_title(story, page, "全网第一", "短款")
    assert refused.value.details["word"] == "全网第一"
    assert "广告法第九条" in refused.value.details["source"]
    with pytest.raises(ListingNotReady):
        listing.publish_listing(actor=story.hemu, listing_id=page.pk, now=then)
    assert story.gate("listing").state in {"red", "run"}
    page.refresh_from_db()
    page = _write_title(story, page, "羊毛", "短款")
    story.listing_id = listing.publish_listing(actor=story.hemu, listing_id=page.pk, now=then).pk
    story.assert_gate("listing", "ok", "在售")


def _write_title(story: Story, page: Listing, *attributes: str) -> Listing:
    return listing.save_title(
        actor=story.hemu, listing_id=page.pk, parts=TitleParts("双面呢外套", attributes, ("小个子", "通勤"), ""), title="", revision=page.revision,
        now=story.days_before(8),
    )  # fmt: skip


def the_evening_is_planned_until_its_gate_is_green(story: Story) -> None:
    then = story.days_before(6)
    story.assert_gate("showplan", "none", "还没有排进任何场次")
    session = showplan.plan_session(
        actor=story.hemu, shop_id=story.shop.pk, title="秋冬上新", room_name="linxia-story", starts_at=story.tonight, ends_at=story.tonight + timedelta(hours=2),
        now=then, theme="羊毛",
    )  # fmt: skip
    story.session_id = session.pk
    showplan.add_segment(
        actor=story.hemu, session_id=session.pk, kind="product", minutes=20, product_id=story.product_id, is_flash=False, now=then,
        offers=[NewOffer(story.sku_id, 59_900, 20, 2)],
    )  # fmt: skip
    story.assert_gate("showplan", "red", "秋冬上新", at=then)
    for account, role in DUTIES:
        showplan.assign_duty(actor=story.hemu, session_id=session.pk, role=role, person_id=story.people[account].pk, now=then)
    for kind in EquipmentKind:
        showplan.sign_equipment(actor=story.luming, session_id=session.pk, kind=kind.value, is_fine=True, now=then)
    showplan.record_rehearsal(actor=story.zhouzhou, session_id=session.pk, held_at=then, minutes=30, notes="顺利", now=then)
    story.assert_gate("showplan", "run", at=then)
    showplan.make_ready(actor=story.hemu, session_id=session.pk, now=then)
    story.assert_gate("showplan", "ok", "全绿", at=then)


def the_evening_is_announced_four_days_ahead(story: Story) -> None:
    then = story.days_before(4)
    story.assert_gate("warmup", "red", at=story.days_before(1))
    warmup.write_announcement(
        actor=story.hemu, session_id=story.session_id, headline="秋冬上新，双面呢一场讲清", body="48 小时发货，七天无理由。", offers="下单送洗护小样", now=then
    )
    warmup.publish_announcement(actor=story.hemu, session_id=story.session_id, now=then)
    link = warmup.make_link(actor=story.hemu, session_id=story.session_id, platform="xiaohongshu", title="穿搭笔记", now=then)
    assert Client().get(reverse("warmup:follow", args=[link.code])).status_code == 302  # a stranger follows it to the room
    story.assert_gate("warmup", "ok", at=story.days_before(1))


def customers_are_known(story: Story) -> None:
    story.assert_gate("members", "none", "还没有会员")
    story.bring("hemu", "purchases", "购买历史.csv", files.purchases(story.days_before(1), customers=80), at=story.days_before(1), platform="douyin")
    members.score(actor=story.linxia, shop_id=story.shop.pk, now=story.days_before(1))
    story.assert_gate("members", "ok", "可以通知预售")  # those in this file who agreed to be written to


def viewers_claim_in_the_room(story: Story) -> None:
    live.start_session(actor=story.hemu, session_id=story.session_id, key="start", now=story.tonight)
    live.next_segment(actor=story.zhouzhou, session_id=story.session_id, seen=None, key="next", now=story.tonight)
    story.assert_gate("live", "run", "正在直播")
    story.assert_gate("analytics", "run", "正在直播")
    item = SaleItem.objects.get(session=story.session_id)
    with served(url_of(connection.settings_dict["NAME"])) as server:
        ayou, xiaoman = Viewer(server.url, "linxia-story", "阿柚"), Viewer(server.url, "linxia-story", "小满")
        assert [ayou.claim(str(item.pk), 2, key="ayou-claims-once").status_code for _again in range(3)] == [201, 201, 201]
        assert xiaoman.claim(str(item.pk)).status_code == 201
        assert xiaoman.claim(str(item.pk), 2).status_code == 409  # two each, and one is taken
    assert relay.settle_claims(utc_now()) == 2
    assert relay.settle_claims(utc_now()) == 0
    assert sorted(Order.objects.values_list("units", flat=True)) == [1, 2]


def claims_are_orders_that_are_paid_and_sent(story: Story) -> None:
    for number, order in enumerate(Order.objects.order_by("-units")):
        orders.record_payment(actor=KAIBO, order_id=order.pk, paid_fen=order.amount_fen, payment_no=f"P{number}", paid_at=utc_now(), now=utc_now())
    story.assert_gate("orders", "red", "2 单五要素核验没有通过")  # nobody knows where to send them yet
    for number, order in enumerate(Order.objects.order_by("-units")):
        orders.set_receiver(
            actor=story.qiuyu, order_id=order.pk, name="王雨桐", phone=f"1385710000{number}", address="浙江省杭州市西湖区文三路 478 号 3 幢", now=utc_now()
        )
    story.assert_gate("orders", "run", "2 / 2 单待发货")
    for number, order in enumerate(Order.objects.order_by("-units")):
        shipping.ship_order(actor=story.shencang, order_id=order.pk, carrier="顺丰", tracking_no=f"SF123456789012{number}", now=utc_now())
    story.assert_gate("orders", "ok", "2 单都已发出或结束")


def the_evening_ends_and_what_is_left_comes_home(story: Story) -> None:
    ended = live.end_session(actor=story.hemu, session_id=story.session_id, key="end", now=utc_now())
    assert ended.details["returned"] == 17  # 20 went to the room, 3 were claimed
    outbox.deliver_waiting(utc_now())
    story.assert_gate("live", "ok", "下播")
    story.assert_gate("analytics", "run", "还没有复盘")
    picture = analytics.kept_picture(story.session_id)
    assert (picture.orders, picture.paid_orders, picture.paid_units, picture.gross_fen) == (2, 2, 3, 3 * 59_900)


def a_buyer_sends_one_back_and_is_content(story: Story) -> None:
    line = OrderLine.objects.get(quantity=1)
    story.assert_gate("aftersales", "none")
    told = NewCase(line.pk, Kind.RETURN, Nature.SAFETY, Impact.ONE, "领口扎得脖子起红疹", asked_fen=59_900)
    case = aftersales.open_case(actor=story.qiuyu, told=told, now=utc_now())
    story.assert_gate("aftersales", "red", "1 个严重个案")
    aftersales.move_case(actor=story.qiuyu, case_id=case.pk, target=CaseState.APPROVED_RETURN, reason="安全问题，运费我们承担", now=utc_now())
    returns.receive_return(actor=story.shencang, case_id=case.pk, quantity=1, now=utc_now())
    asked = refunds.refund(actor=story.qiuyu, case_id=case.pk, amount_fen=59_900, key="refund-1", now=utc_now())
    refunding.mark_refunded_by_hand(actor=KAIBO, refund_id=asked.pk, refund_no="B1", now=utc_now())
    assert refunds.settle_paid_back(utc_now()) == 1
    aftersales.record_contact(actor=story.qiuyu, case_id=case.pk, outcome="satisfied", text="已收到退款", now=utc_now())
    aftersales.close_case(actor=story.qiuyu, case_id=case.pk, reason="退货退款", now=utc_now())
    story.assert_gate("aftersales", "ok", "1 个个案都已结案")


def a_bad_word_about_us_is_answered_within_the_hour(story: Story) -> None:
    story.bring("qiuyu", "mentions", "舆情.csv", _mention(utc_now()), at=utc_now())
    story.assert_gate("risk", "red", "没答复")
    mention = Mention.objects.exclude(product=None).get()
    risk.take_on(actor=story.qiuyu, mention_id=mention.pk, now=utc_now())
    risk.answer(actor=story.qiuyu, mention_id=mention.pk, text="您好，已私信您处理退货，运费由我们承担。", now=utc_now())
    story.assert_gate("risk", "ok")


def _mention(now: datetime) -> bytes:
    return f"平台,作者,内容,链接,发布时间\r\n微博,一只鱼,KB-2417 短款羊毛双面呢外套穿两天起球，避雷，差评,https://example.com/1,{now:%Y-%m-%d %H:%M:%S}\r\n".encode("utf-8-sig")


def the_retrospective_is_concluded(story: Story) -> None:
    retrospectives.recount(actor=story.linxia, session_id=story.session_id, now=utc_now())
    picture = analytics.kept_picture(story.session_id)
    assert (picture.returned_units, picture.refunded_fen) == (1, 59_900)
    session = showplan_queries.session_for(story.linxia, story.session_id)
    for cause in retrospectives.causes_for(session, picture):
        retrospectives.accept_action(
            actor=story.linxia, session_id=session.pk, cause=cause.key, owner_id=story.people["hemu"].pk, due_on=business_date(utc_now()) + timedelta(days=2),
            now=utc_now(),
        )  # fmt: skip
    retrospectives.conclude(actor=story.linxia, session_id=session.pk, lessons="领口加里衬，讲解时先说面料含量", now=utc_now())
    story.assert_gate("analytics", "ok", "已复盘")


def selection_hears_why_it_came_back(story: Story) -> None:
    outbox.deliver_waiting(utc_now())
    assert selection_queries.feedback_counts([story.product_id]) == {story.product_id: (1, 59_900)}
    assert outbox.differences() == []


def the_board_shows_the_whole_way(story: Story) -> None:
    (row,) = launches.board(story.linxia, utc_now(), launch_ids=[story.launch_id])
    assert {cell.stage: cell.finding.state for cell in row.cells if cell.finding.state != "ok"} == {}
    client = Client()
    client.force_login(story.people["linxia"])
    page = client.get("/launches/").content.decode()
    assert "短款羊毛双面呢外套" in page
    for name in ("analytics:session", "live:desk", "showplan:session", "warmup:campaign"):
        assert client.get(reverse(name, args=[story.session_id])).status_code == 200
