"""What the example shop's compliance keeps: rights, pictures that look too alike, a suggested price, a stricter row, a cream without its papers."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta

from PIL import Image, ImageDraw, ImageOps

from kaibo.demo.cast import actor
from kaibo.demo.house import House
from kaibo.kit.clock import business_date
from kaibo.master.catalog import services as catalog
from kaibo.stages.compliance import comparing, matrix_rows, rights
from kaibo.stages.compliance import services as compliance

COAT, SCARF, TRENCH, CARDIGAN = "KB-2417", "KB-2405", "KB-2430", "KB-2422"


def keep(house: House, now: datetime) -> None:
    """This function will give compliance something to see on each of its pages."""
    clerk, today = actor("sufei"), business_date(now)
    _rights(house, today, now)
    _pictures(house, now)
    trench = next(sku for code, sku in house.skus.items() if code.startswith(TRENCH))
    suggested = comparing.Comparison(69_900, 45_900, "海宁墨坊制衣建议零售价函 2026-09-18", today + timedelta(days=200))
    comparing.set_struck(actor=clerk, sku_id=trench, platform="douyin", wanted=suggested, now=now)
    matrix_rows.save_row(
        actor=actor("linxia"), now=now,
        draft=matrix_rows.RowDraft("douyin", "企业店", "apparel", ("test_report",), "must", "抖店服饰类目质检要求，后台公告 2026-11-10 查看", today - timedelta(days=7)),
    )  # fmt: skip
    _cream(house, today, now)
    _texts(house, now)


def _texts(house: House, now: datetime) -> None:
    """What was held back tonight: a script written anew, a line released with its ground, one that nobody has judged yet."""
    writer, clerk, then = actor("hemu"), actor("sufei"), now - timedelta(hours=3)
    for text, subject, minutes in (
        ("今天这件是国 家 级面料，全网蕞低价，错过再等一年", "script:opening", 0),
        ("今天这件九成羊毛有检测报告，直播间 ¥579", "script:opening", 6),
        ("2026最新款双面呢大衣都在三号链接", "script:notice", 20),
        ("三天瘦5斤的显瘦神裤，穿上立减十斤", "script:jeans", 40),
    ):
        kept = compliance.keep_screening(actor=writer, text=text, surface="script", category="服装", subject=subject, shop_id=house.shop_id, now=then + timedelta(minutes=minutes))
        if subject == "script:notice":
            compliance.release_text(actor=clerk, screening_id=kept.pk, reason="2026 年 9 月上市，吊牌与上新记录可查", now=then + timedelta(minutes=26))


def _rights(house: House, today: date, now: datetime) -> None:
    clerk = actor("sufei")
    for kind, title, number, owner, ends, authorisation, code in (
        ("trademark", "林夏的衣橱（第 25 类）", "TM-52218890", "杭州林夏服饰有限公司", 2_900, "", ""),
        ("design_patent", "围巾（双面）外观设计", "ZL202530118842.6", "杭州林夏服饰有限公司", 4_100, "", SCARF),
        ("copyright", "开衫提花图案", "浙作登字-2025-F-00211874", "桐乡暖绒针织", 21, "暖绒授 2025-07", CARDIGAN),
    ):
        draft = rights.RightDraft(kind, title, number, owner, today - timedelta(days=400), today + timedelta(days=ends), authorisation, house.products.get(code))
        rights.add_right(actor=clerk, shop_id=house.shop_id, draft=draft, now=now)


def _pictures(house: House, now: datetime) -> None:
    clerk = actor("sufei")

    def bring(picture: Image.Image, name: str, **more: object) -> None:
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=85)
        content.seek(0)
        rights.keep_picture(actor=clerk, shop_id=house.shop_id, name=name, mime="image/jpeg", content=content, now=now, **more)  # type: ignore[arg-type]

    bring(_coat("#c8a27a"), "外套-驼色-主图.jpg", product_id=house.products[COAT])
    bring(_scarf(), "围巾-主图.jpg", product_id=house.products[SCARF])
    copied = ImageOps.mirror(_coat("#c8a27a")).crop((60, 60, 740, 740)).resize((600, 600))
    bring(copied, "竞品-外套.jpg", origin="抖音某店，商品卡截图，昨天看到", title="双面呢短外套女秋冬小个子")
    bring(_coat("#2d2a28", buttons=3, length=680), "竞品-长大衣.jpg", origin="淘宝某店", title="羊毛长大衣")
    rights.compare_titles(actor=clerk, product_id=house.products[COAT], now=now)


def _coat(colour: str, *, buttons: int = 4, length: int = 560) -> Image.Image:
    picture = Image.new("RGB", (800, 800), "#f4f1ec")
    pen = ImageDraw.Draw(picture)
    pen.polygon([(280, 170), (520, 170), (660, 520), (590, 550), (540, 400), (540, length + 60), (260, length + 60), (260, 400), (210, 550), (140, 520)], fill=colour)
    pen.polygon([(340, 170), (400, 330), (460, 170)], fill="#efe7dc")
    pen.rectangle((300, 450, 380, 475), fill="#8a6848")
    for number in range(buttons):
        pen.ellipse((408, 340 + number * 65, 428, 360 + number * 65), fill="#51402f")
    return picture


def _scarf() -> Image.Image:
    picture = Image.new("RGB", (800, 800), "white")
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((180, 140, 620, 300), 60, fill="#9b9ea3")
    pen.rectangle((240, 260, 380, 700), fill="#9b9ea3")
    pen.rectangle((400, 260, 520, 620), fill="#c6a06e")
    for place in range(242, 380, 12):
        pen.line((place, 700, place, 740), fill="#7d8085", width=4)
    return picture


def _cream(house: House, today: date, now: datetime) -> None:
    """A body cream in preparation: its title claims whitening, which only a registered special cosmetic may; the report names moisture alone."""
    clerk = actor("sufei")
    made = catalog.add_product(
        actor=actor("linxia"), shop_id=house.shop_id, code="KB-2471", title="烟酰胺美白保湿身体乳", category="beauty", brand="林夏",
        skus=[catalog.NewSku("KB-2471-250", "250 ml", 3_900, 9_900)], now=now,
    )  # fmt: skip
    for kind, number, claims in (("cosmetics_filing", "浙G妆网备字2026012345", ("moisture",)), ("efficacy_report", "GX-2026-0917", ("moisture",))):
        kept = compliance.file_document(
            actor=clerk, shop_id=house.shop_id, kind=kind, number=number, issuer="浙江省药品监督管理局", valid_from=today - timedelta(days=60), valid_until=None,
            product_id=made.pk, claims=claims, now=now,
        )  # fmt: skip
        compliance.confirm_document(actor=clerk, document_id=kept.pk, now=now)
