"""The example shop before tonight: company, people, goods brought through selection, supply and compliance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from kaibo.demo import files, goods
from kaibo.demo.cast import actor, hire
from kaibo.kit.clock import business_date, utc_now
from kaibo.master.catalog import queries as catalog
from kaibo.master.catalog import services as catalog_services
from kaibo.master.catalog.services import NewSku
from kaibo.master.shops import services as shops
from kaibo.master.shops.models import Shop
from kaibo.master.stock import services as stock
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake import services as intake
from kaibo.stages.compliance import house_words
from kaibo.stages.compliance import services as compliance
from kaibo.stages.selection import brief
from kaibo.stages.selection import queries as selection_queries
from kaibo.stages.selection import rules as selection_rules
from kaibo.stages.selection import services as selection
from kaibo.stages.supply import arrivals
from kaibo.stages.supply import services as supply
from kaibo.stages.supply.models import Supplier

SHOP_CODE = "linxia"


@dataclass(frozen=True, slots=True)
class House:
    """What later steps build on."""

    shop_id: UUID
    products: dict[str, UUID]
    launches: dict[str, UUID]
    skus: dict[str, UUID]


def is_built() -> bool:
    return Shop.objects.filter(code=SHOP_CODE).exists()


def bring_file(account: str, kind: str, name: str, content: bytes, *, shop_id: UUID, now: datetime, platform: str = "") -> None:
    """This function will import a file as the person would on the page."""
    run = intake.start_import(
        actor=actor(account), kind_key=kind, chunks=[content], file_name=name, platform=platform, shop_id=shop_id, now=now, file_written_at=now
    )
    engine.run_import(run.pk, clock=utc_now)


def build(now: datetime, on_air_at: datetime) -> House:
    """This function will bring the shop to the afternoon before its session."""
    shop = shops.add_shop(
        actor=KAIBO, code=SHOP_CODE, name="林夏的衣橱", company="杭州林夏服饰有限公司", licence_number="91330106MA2KLX7Q0D", main_category="apparel", now=now
    )
    licence = shops.LicenceFacts("杭州林夏服饰有限公司", "91330106MA2KLX7Q0D", "有限责任公司（自然人独资）", "林夏（示例人物）", "壹佰万元整（示例）", "杭州市西湖区示例路 1122 号（虚构地址）")
    shops.say_licence(actor=KAIBO, shop_id=shop.pk, facts=licence, now=now)
    shops.say_contact(actor=KAIBO, shop_id=shop.pk, contact="0571-8602 1122（9:00–24:00）", service_url="", now=now)
    for platform, name, kind, external in (
        ("own", "自播间", "", "kaibo"), ("douyin", "林夏的衣橱 旗舰店", "企业店", "7264518890123"), ("taobao", "林夏的衣橱", "C店", "118820345"),
    ):  # fmt: skip
        shops.add_channel(actor=KAIBO, shop_id=shop.pk, platform=platform, name=name, shop_type=kind, external_id=external, now=now)
    hire(shop.pk, now)
    for code, zh, en in goods.CATEGORIES:
        catalog_services.ensure_category(code=code, title=zh, title_en=en)
    for category, template in (("apparel", goods.TEMPLATE), ("food", goods.FOOD_TEMPLATE), ("general", goods.GENERAL_TEMPLATE)):
        supply.ensure_template(category=category, items=template)
    stock.ensure_warehouse(code="hz", name="杭州九堡仓")
    stock.ensure_warehouse(code="tx", name="桐乡备用仓")
    house = _choose_goods(shop.pk, now - timedelta(days=30), on_air_at)
    _file_documents(shop.pk, house, now - timedelta(days=60))
    _fill_the_warehouse(house, now)
    return house


def _choose_goods(shop_id: UUID, then: datetime, on_air_at: datetime) -> House:
    buyer, owner = actor("chenyi"), actor("linxia")
    bring_file("chenyi", "competitors", "竞品-短款双面呢外套.csv", files.competitors(), shop_id=shop_id, now=then)
    bring_file("chenyi", "reviews", "竞品评价.csv", files.reviews(then), shop_id=shop_id, now=then)
    market = selection_queries.markets_for(buyer).get(title="短款双面呢外套")
    selection.set_reference_price(actor=buyer, market_id=market.pk, reference_fen=56_000, source="老客问卷 212 份，可接受中位价", now=then)
    products, launches, skus = {}, {}, {}
    for number, good in enumerate(goods.GOODS):
        made = selection.add_candidate(actor=buyer, shop_id=shop_id, draft=_draft(good, market.pk, on_air_at), now=then + timedelta(hours=number))
        selection.score_candidate(actor=buyer, candidate_id=made.pk, now=then + timedelta(hours=number, minutes=5))
        done = selection.approve_candidate(
            actor=owner, candidate_id=made.pk, now=then + timedelta(days=1, hours=number), reason="毛利与口碑都站得住，先小批量"
        )
        products[good.code], launches[good.code] = done.product_id, done.launch_id
        skus |= {sku.code: sku.id for sku in catalog.skus_of([done.product_id])[done.product_id]}
    _leave_some_undecided(buyer, shop_id, then)
    _watch_the_market(shop_id, then + timedelta(days=30))
    return House(shop_id, products, launches, skus)


def _watch_the_market(shop_id: UUID, now: datetime) -> None:
    """What a buyer brings in every week, and the brief of last week that comes of it."""
    last_week = now - timedelta(days=now.weekday() + 4)
    bring_file("chenyi", "competitors", "竞品-本周.csv", files.competitors_moved(), shop_id=shop_id, now=last_week)
    bring_file("chenyi", "market-heat", "热词-16周.csv", files.market_heat(now), shop_id=shop_id, now=now)
    for weeks_ago in (2, 1):
        bring_file("chenyi", "live-rankings", f"直播间榜单-{weeks_ago}.csv", files.live_rankings(now, weeks_ago=weeks_ago), shop_id=shop_id, now=now)
    bring_file("chenyi", "audience", "人群画像.csv", files.audience(now), shop_id=shop_id, now=now)
    brief.make(actor=actor("chenyi"), shop_id=shop_id, week_on=last_week.date(), now=now)


def _draft(good: goods.Good, market_id: UUID, on_air_at: datetime) -> selection.Draft:
    economics = selection_rules.Economics(
        cost_fen=good.cost_fen, price_fen=good.price_fen, return_bp=3_200 if good.price_fen > 10_000 else 1_200, freight_fen=650,
        return_loss_fen=900, commission_bp=500,
    )
    return selection.Draft(
        title=good.title, code=good.code, category="apparel", economics=economics, market_id=market_id if good.code == "KB-2417" else None,
        position="quality", value_proposition=good.proposition, selling_points=good.points,
        skus=[NewSku(item.code, item.specification, good.cost_fen, good.price_fen) for item in good.items],
        on_air_at=on_air_at if good.allot else on_air_at + timedelta(days=7), owner_id=actor("hemu").person_id,
    )


def _leave_some_undecided(buyer: object, shop_id: UUID, then: datetime) -> None:
    """Two candidates still on the table: one ready to be decided, one whose margin is too thin to be approved."""
    for code, title, cost, price, words in (
        ("KB-2451", "春季格纹风衣", 16_500, 39_900, "换季不纠结的第一件外套"), ("KB-2460", "冰丝防晒衫", 4_900, 6_900, "轻到忘了穿着它"),
    ):  # fmt: skip
        economics = selection_rules.Economics(cost_fen=cost, price_fen=price, return_bp=2_800, freight_fen=650, return_loss_fen=900, commission_bp=500)
        draft = selection.Draft(
            title=title, code=code, category="apparel", economics=economics, position="design", value_proposition=words,
            selling_points=("版型显高", "面料有检测报告"), skus=[NewSku(f"{code}-M", "均码", cost, price)], owner_id=actor("xunuo").person_id,
        )
        made = selection.add_candidate(actor=buyer, shop_id=shop_id, draft=draft, now=then + timedelta(days=28))  # type: ignore[arg-type]
        selection.score_candidate(actor=buyer, candidate_id=made.pk, now=then + timedelta(days=28, minutes=3))  # type: ignore[arg-type]


def _file_documents(shop_id: UUID, house: House, then: datetime) -> None:
    clerk, today = actor("sufei"), business_date(then)
    wanted: list[tuple[str, str, str, UUID | None, date | None]] = [
        ("business_licence", "91330106MA2KLX7Q0D", "杭州市市场监督管理局", None, None),
        ("individual_licence", "92330106MA2KLX7Q0A", "杭州市市场监督管理局", None, None),
        ("brand_authorisation", "TM-52218890", "国家知识产权局", None, today + timedelta(days=900)),
    ]
    for good in goods.GOODS:
        ends = today + timedelta(days=72 if good.code == "KB-2422" else 420)
        wanted.append(("test_report", f"R-{good.code[3:]}-26", "浙江省轻工业品质量检验研究院", house.products[good.code], ends))
    for kind, number, issuer, product_id, ends in wanted:
        made = compliance.file_document(
            actor=clerk, shop_id=shop_id, kind=kind, number=number, issuer=issuer, valid_from=today - timedelta(days=30), valid_until=ends,
            product_id=product_id, now=then,
        )  # fmt: skip
        compliance.confirm_document(actor=clerk, document_id=made.pk, now=then)
    _keep_own_words(then)


def _keep_own_words(then: datetime) -> None:
    """Three words of the house in four versions, so that the page of versions shows what a change is."""
    clerk = actor("sufei")
    house_words.add_word(actor=clerk, word="隔壁直播间", severity="block", source="店内约定：不提同行", suggestion="别处", surfaces=("script", "reply"), now=then)
    blind = house_words.add_word(
        actor=clerk, word="闭眼入", severity="block", source="店内约定：不替买家决定", suggestion="放心选", now=then + timedelta(days=3), reason="两条差评说被忽悠"
    )
    house_words.add_word(actor=clerk, word="转运珠", severity="innocent", source="行业通用品名", now=then + timedelta(days=6))
    softer = house_words.Wording("review", "店内约定：不替买家决定", "放心选", ("title", "detail", "script", "reply"))
    house_words.edit_word(actor=clerk, word_id=blind.pk, wording=softer, reason="公屏上买家自己会说，只管我们说的", now=then + timedelta(days=9))


SUPPLIERS = (("txnr", "桐乡暖绒针织", "主做羊绒与围巾"), ("hnmf", "海宁墨坊制衣", "双面呢手工线"), ("szdk", "绍兴顶客服饰", "牛仔与打底，交期快"))


def _fill_the_warehouse(house: House, now: datetime) -> None:
    buyer, approver, keeper, inspector = actor("chenyi"), actor("hemu"), actor("shencang"), actor("wuyue")
    then = now - timedelta(days=14)
    made = [supply.add_supplier(actor=buyer, code=code, name=name, note=note, now=then) for code, name, note in SUPPLIERS]
    for place, good in enumerate(goods.GOODS):
        main, second = made[place % 3], made[(place + 1) % 3]
        for item in good.items:
            sku_id = house.skus[item.code]
            for supplier, extra, days, is_main in ((main, 0, 7, True), (second, 300, 5, False)):
                supply.record_quote(
                    actor=buyer, supplier_id=supplier.pk, sku_id=sku_id, price_fen=good.cost_fen + extra, minimum_units=50, lead_days=days,
                    quoted_on=business_date(then), is_main=is_main, now=then,
                )  # fmt: skip
            _buy(main, sku_id, item, good, (buyer, approver, keeper, inspector), now)


def _buy(supplier: Supplier, sku_id: UUID, item: goods.Item, good: goods.Good, who: tuple, now: datetime) -> None:
    buyer, approver, keeper, inspector = who
    then, units = now - timedelta(days=14), item.stock or 300
    order = supply.draft_purchase(actor=buyer, supplier_id=supplier.pk, sku_id=sku_id, quantity=units, price_fen=good.cost_fen, now=then)
    supply.approve_purchase(actor=approver, purchase_id=order.pk, now=then + timedelta(hours=3))
    arrived = then + timedelta(days=6) if item.stock else now - timedelta(hours=5)
    inspection = arrivals.receive_goods(actor=keeper, purchase_id=order.pk, lot_code=f"L26{arrived:%m}-{item.code[3:]}", quantity=units, now=arrived)
    if item.stock:
        supply.decide_inspection(actor=inspector, inspection_id=inspection.pk, values=goods.MEASURED, now=arrived + timedelta(hours=4))
