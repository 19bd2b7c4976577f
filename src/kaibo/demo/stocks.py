"""What buying, quality and the warehouse of the example shop have on their desks: talks with suppliers, a short delivery, a refused lot, old stock, a count."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from PIL import Image, ImageDraw

from kaibo.demo.cast import actor
from kaibo.demo.goods import MEASURED
from kaibo.demo.house import House
from kaibo.kit.clock import business_date
from kaibo.master.stock import queries as stock
from kaibo.stages.orders import internal_tests
from kaibo.stages.orders.models import Order
from kaibo.stages.supply import arrivals, counting, quality, services, supplier_book
from kaibo.stages.supply.models import Supplier
from kaibo.stages.supply.sampling import DefectClass

SOCKS, SCARF, CARDIGAN, JEANS = "KB-2388-A", "KB-2405-BR", "KB-2422-P-F", "KB-2390-XL"
COUNTED_SHORT = 6


def lay(house: House, now: datetime) -> None:
    """This function will give supply something to decide on each of its pages."""
    known = {one.code: one for one in Supplier.objects.all()}
    _talk(house, known, now)
    _deliver_short(house, known["txnr"], now)
    _refuse_a_lot(house, known["txnr"], now)
    _keep_too_long(house, known["hnmf"], now)
    services.draft_purchase(
        actor=actor("shencang"), supplier_id=known["szdk"].pk, sku_id=house.skus[SOCKS], quantity=800, price_fen=1_080, now=now - timedelta(hours=2),
        reason="双 12 赠品预备",
    )  # fmt: skip
    _count(house, now)
    tried = Order.objects.filter(shop=house.shop_id, platform="douyin").order_by("order_no").first()
    if tried is not None:
        internal_tests.mark(actor=actor("hemu"), order_ids=[tried.pk], is_test=True, reason="开播前许诺试下单、付款和售后入口", now=now)


def _talk(house: House, known: dict[str, Supplier], now: datetime) -> None:
    buyer, today = actor("chenyi"), business_date(now)
    for code, question, target, answer, offered, hours in (
        ("txnr", "围巾 500 条能不能到 92 元？", 9_200, "94 元，含吊牌；再低要 1,000 条起", 9_400, 5),
        ("hnmf", "加绒牛仔裤 XL 补 200 条，12 月 5 日前能到吗？", None, "能，5 日前到杭州仓", None, 26),
        ("szdk", "打底衫白色缩水率能否压到 −2 % 以内？", None, "", None, 0),
    ):
        asked = supplier_book.ask(
            actor=buyer, supplier_id=known[code].pk, sku_id=house.skus[SCARF] if code == "txnr" else None, question=question, target_fen=target,
            asked_at=now - timedelta(days=4), now=now,
        )  # fmt: skip
        if answer:
            then = now - timedelta(days=4) + timedelta(hours=hours)
            supplier_book.answer(actor=buyer, negotiation_id=asked.pk, text=answer, offered_fen=offered, answered_at=then, now=now)
    for code, kind, points, note in (("txnr", "system", 4, "ISO 9001 在有效期，首检记录齐"), ("txnr", "visit", 4, "缝制线按工序看板，返修单独区"), ("hnmf", "trial", 5, "小样 20 件零返修")):
        supplier_book.screen(actor=buyer, supplier_id=known[code].pk, kind=kind, points=points, note=note, seen_on=today - timedelta(days=20), now=now)
    for kind, code, units, price in (("standby", "hnmf", 120, 10_100), ("material", "txnr", 600, 9_400)):
        terms = supplier_book.Terms(kind, known[code].pk, house.skus[SCARF], units, price, 6, today - timedelta(days=9), today + timedelta(days=81))
        supplier_book.agree(actor=buyer, terms=terms, now=now - timedelta(days=9))
    supplier_book.tell_shortfall(
        actor=buyer, supplier_id=known["txnr"].pk, sku_id=house.skus[SCARF], until=today + timedelta(days=10), reason="染缸检修，10 天出不了货", now=now - timedelta(hours=6)
    )


def _deliver_short(house: House, supplier: Supplier, now: datetime) -> None:
    """An order of which two thirds came."""
    then = now - timedelta(days=6)
    order = services.draft_purchase(actor=actor("chenyi"), supplier_id=supplier.pk, sku_id=house.skus[CARDIGAN], quantity=150, price_fen=7_100, now=then)
    services.approve_purchase(actor=actor("hemu"), purchase_id=order.pk, now=then + timedelta(hours=1))
    came = arrivals.receive_goods(actor=actor("shencang"), purchase_id=order.pk, lot_code="L2611-2422-P-F-2", quantity=100, now=now - timedelta(days=1))
    services.decide_inspection(actor=actor("wuyue"), inspection_id=came.pk, values=MEASURED, now=now - timedelta(hours=20))


def _refuse_a_lot(house: House, supplier: Supplier, now: datetime) -> None:
    """A lot that failed its sampling, with the photo of why."""
    then = now - timedelta(days=5)
    order = services.draft_purchase(actor=actor("chenyi"), supplier_id=supplier.pk, sku_id=house.skus[SCARF], quantity=200, price_fen=9_400, now=then)
    services.approve_purchase(actor=actor("hemu"), purchase_id=order.pk, now=then + timedelta(hours=1))
    came = arrivals.receive_goods(actor=actor("shencang"), purchase_id=order.pk, lot_code="L2611-2405-BR-2", quantity=200, now=now - timedelta(days=2))
    seen = quality.DefectSaid(DefectClass.MAJOR, "边缘跳线、脱散", 6, (quality.Brought("跳线.png", _photo()),))
    services.decide_inspection(
        actor=actor("wuyue"), inspection_id=came.pk, values=MEASURED | {"pilling": "2.5"}, defects=[seen], note="起球 2.5 级，6 条边缘跳线", now=now - timedelta(days=1)
    )


def _photo() -> io.BytesIO:
    """A drawn picture of a loose thread: the example shop has no camera."""
    picture, paper = Image.new("RGB", (640, 480), (196, 178, 152)), io.BytesIO()
    pen = ImageDraw.Draw(picture)
    for row in range(0, 480, 12):
        pen.line([(0, row), (640, row + 4)], fill=(176, 156, 128), width=3)
    pen.line([(120, 300), (220, 250), (260, 330), (360, 210), (470, 290), (600, 180)], fill=(96, 64, 40), width=7)
    pen.ellipse([(90, 160), (620, 380)], outline=(200, 30, 30), width=6)
    picture.save(paper, "PNG")
    paper.seek(0)
    return paper


def _keep_too_long(house: House, supplier: Supplier, now: datetime) -> None:
    """What is left of last spring."""
    then = now - timedelta(days=152)
    order = services.draft_purchase(actor=actor("chenyi"), supplier_id=supplier.pk, sku_id=house.skus[JEANS], quantity=90, price_fen=5_400, now=then)
    services.approve_purchase(actor=actor("hemu"), purchase_id=order.pk, now=then)
    came = arrivals.receive_goods(actor=actor("shencang"), purchase_id=order.pk, lot_code="L2606-2390-XL", quantity=90, now=then + timedelta(days=6))
    services.decide_inspection(actor=actor("wuyue"), inspection_id=came.pk, values=MEASURED, now=then + timedelta(days=6, hours=4))


def _count(house: House, now: datetime) -> None:
    """A sheet whose difference waits for somebody else's word."""
    keeper = actor("shencang")
    sheet = counting.open_count(actor=keeper, shop_id=house.shop_id, warehouse_id=stock.main_warehouse().pk, is_blind=True, now=now - timedelta(hours=3))
    books = counting.books_of(sheet, set(sheet.lines.values_list("sku_id", flat=True)))
    counted = {line.pk: books.get((line.sku_id, line.lot_id), 0) for line in sheet.lines.all()}
    short = sheet.lines.filter(sku=house.skus[CARDIGAN]).order_by("pk").first()
    if short is not None:
        counted[short.pk] -= COUNTED_SHORT
    counting.write_counts(actor=keeper, count_id=sheet.pk, counted=counted, now=now - timedelta(hours=2))
    counting.hand_in(actor=keeper, count_id=sheet.pk, now=now - timedelta(hours=1))
