"""The coat's page in the making: drawn pictures beside competitors', a detail page, a trial in its second day, an A/B test under way."""

from __future__ import annotations

import io
import random
from datetime import datetime, timedelta

from PIL import Image, ImageDraw, ImageFilter

from kaibo.demo.cast import actor
from kaibo.demo.house import House, bring_file
from kaibo.kit.clock import business_date
from kaibo.stages.listing import page_services, trial_services
from kaibo.stages.listing.details import Advantage, DetailContent
from kaibo.stages.listing.models import Listing

COAT = "KB-2417"
OUTLINE = ((300, 200), (600, 200), (780, 420), (680, 480), (620, 400), (620, 760), (280, 760), (280, 400), (220, 480), (120, 420))


def coat_picture(ground: str, colour: str, *, tilt: int = 0, buttons: int = 5, side: int = 900) -> io.BytesIO:
    """This function will draw a coat, so that pages have pictures nobody else owns."""
    page = Image.new("RGB", (900, 900), ground)
    draw = ImageDraw.Draw(page)
    draw.polygon([(x + tilt * (y - 480) // 300, y) for x, y in OUTLINE], fill=colour)
    draw.line([(450, 220), (450, 740)], fill="#1d1a17", width=6)
    for number in range(buttons):
        draw.ellipse([(472, 280 + number * 90), (500, 308 + number * 90)], fill="#1d1a17")
    for x in range(300, 610, 14):
        draw.line([(x, 420), (x + 6, 740)], fill="#00000018", width=1)
    made = io.BytesIO()
    page.resize((side, side)).save(made, "JPEG", quality=90)
    made.seek(0)
    return made


def scene_picture() -> io.BytesIO:
    """This function will draw the coat in a street at dusk: the first screen's scene."""
    page = Image.new("RGB", (900, 1_200), "#c9b8a4")
    draw = ImageDraw.Draw(page)
    for number, colour in enumerate(("#8d97a3", "#a39384", "#77828e", "#b7a795")):
        draw.rectangle([(number * 240 - 40, 120 + number % 2 * 90), (number * 240 + 170, 900)], fill=colour)
    page = page.filter(ImageFilter.GaussianBlur(9))
    draw = ImageDraw.Draw(page)
    draw.ellipse([(405, 170), (495, 275)], fill="#e6c7ab")
    draw.polygon([(x, y + 90) for x, y in OUTLINE], fill="#b5652f")
    draw.line([(450, 310), (450, 830)], fill="#1d1a17", width=6)
    for number in range(5):
        draw.ellipse([(472, 370 + number * 90), (500, 398 + number * 90)], fill="#1d1a17")
    for step in range(0, 900, 60):  # cobbles
        draw.line([(step, 1_120), (step + 30, 1_200)], fill="#5c5348", width=4)
        draw.ellipse([(step, 40 + step % 140), (step + 12, 52 + step % 140)], fill="white")
    draw.rectangle([(330, 850), (420, 1_120)], fill="#2c3340")
    draw.rectangle([(470, 850), (560, 1_120)], fill="#2c3340")
    made = io.BytesIO()
    page.save(made, "JPEG", quality=88)
    made.seek(0)
    return made


def make_page(house: House, now: datetime) -> None:
    """This function will fill the coat's page on the Douyin channel: pictures, detail page, trial, test."""
    bring_file("hemu", "hotwords", "热词榜-上月.csv", _hot_words_a_month_ago(now), shop_id=house.shop_id, now=now)
    editor = actor("hemu")
    listing = Listing.objects.get(product=house.products[COAT], channel__platform="douyin")
    kept = {}
    for role, name, picture, note in (
        ("main", "主图-白底.jpg", coat_picture("white", "#b5652f"), ""), ("main", "场景-小雪街头.jpg", scene_picture(), ""),
        ("competitor", "竞品-云上羊绒.jpg", coat_picture("#f1efe9", "#7a4a2c", tilt=60, buttons=3, side=800), "云上羊绒"),
        ("competitor", "竞品-小巷里的裁缝.jpg", coat_picture("white", "#b86a36", side=760), "小巷里的裁缝"),
    ):  # fmt: skip
        made = page_services.add_picture(actor=editor, listing_id=listing.pk, role=role, name=name, content=picture, note=note, now=now)
        kept[name] = str(made.pk)
    content = DetailContent(
        pain_title="零下早高峰，大衣一厚就显矮", pain_text="小个子冬天最怕两件事：穿短了冷，穿长了压身。", solution_text="短款双面呢：两层羊毛手工缝在一起，暖在厚度里，不压在长度上。",
        advantages=(Advantage("羊毛含量", "92 %（报告 R-2417-26）"), Advantage("衣长", "58 cm，155–165 高腰线刚好"), Advantage("起球", "4 级（GB/T 4802.1）")),
        reports=("检测报告 R-2417-26，浙江省轻工业品质量检验研究院，合格",), reviews=("“155 穿 S，不压身，领口不扎”——试穿老客反馈，10 月",),
        action_text="48 小时发货，七天无理由，运费险已含。", button="offer", scene_picture=kept["场景-小雪街头.jpg"], detail_pictures=(kept["主图-白底.jpg"],),
    )  # fmt: skip
    page_services.save_detail(actor=editor, listing_id=listing.pk, content=content, base_number=0, now=now)
    page_services.choose_category(actor=editor, listing_id=listing.pk, path="女装/毛呢外套", reason="标题里的词：双面呢外套", now=now)
    _try_it(listing, now)
    _test_it(listing, now)


def _hot_words_a_month_ago(now: datetime) -> bytes:
    day = (business_date(now) - timedelta(days=30)).isoformat()
    rows = "热词,搜索人气,类目,统计时间\n"
    for word, heat in (("短款外套", 138_100), ("双面呢", 102_000), ("小个子", 196_100), ("通勤", 90_500), ("赫本风", 47_000)):
        rows += f"{word},{heat},服装,{day}\n"
    return rows.encode("utf-8-sig")


def _try_it(listing: Listing, now: datetime) -> None:
    """This function will put the page on trial since the day before yesterday."""
    editor, then = actor("hemu"), now - timedelta(days=2, hours=3)
    today = business_date(now)
    trial = trial_services.begin_trial(actor=editor, listing_id=listing.pk, audience="155–165 老客，近 90 天买过外套 · 2,400 人", now=then)
    for metric, rate_bp in (("click", 320), ("interest", 900), ("order", 260)):
        trial_services.set_mean(actor=editor, listing_id=listing.pk, metric=metric, rate_bp=rate_bp, source="抖店罗盘 同行对比（女装/毛呢外套）", dated_on=today - timedelta(days=7), now=then)
    rows = "商品编码,统计日期,曝光量,点击量,收藏人数,加购人数,成交单数,平台\n"
    for back, figures in ((2, "6480,141,6,9,3"), (1, "7120,168,8,12,4"), (0, "2860,72,3,6,2")):
        rows += f"{COAT},{(today - timedelta(days=back)).isoformat()},{figures},抖店\n"
    bring_file("hemu", "listingdays", "罗盘-商品数据.csv", rows.encode("utf-8-sig"), shop_id=listing.shop_id, now=now)
    trial_services.note_change(actor=editor, trial_id=trial.pk, kind="keyword", note="“小个子”提到最前，热搜 30 天在涨", now=then + timedelta(days=1))


def _test_it(listing: Listing, now: datetime) -> None:
    """This function will run the first-screen test for six days."""
    editor, then = actor("hemu"), now - timedelta(days=6)
    draft = trial_services.AbTestDraft("AB-2417-1", "first_screen", "首屏用场景图，比商品图更让人点进来吗", "白底商品图", "小雪街头场景图", "click", 220, 3_000, 2_600)
    trial_services.begin_test(actor=editor, listing_id=listing.pk, draft=draft, now=then)
    chance = random.Random(17)
    rows = "试验编号,日期,版本,曝光人数,点击人数\n"
    for number in range(6):
        day = (business_date(then) + timedelta(days=number)).isoformat()
        for version, rate in (("A", 0.022), ("B", 0.0315)):
            shown = 1_300 + chance.randint(-60, 60)
            rows += f"{draft.code},{day},{version},{shown},{sum(chance.random() < rate for _ in range(shown))}\n"
    bring_file("hemu", "abfigures", "首屏试验.csv", rows.encode("utf-8-sig"), shop_id=listing.shop_id, now=now)
