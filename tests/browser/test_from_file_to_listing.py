"""
From a competitor file to an approved candidate to a listed product whose title was refused twice.

Told in docs/stages/listing.md; each click by the person whose click it is. With KAIBO_STORY_PICTURES set to a folder, each step leaves a picture there.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse

from kaibo.kit.clock import utc_now
from kaibo.plumbing.intake import engine
from kaibo.plumbing.intake.models import ImportRun
from kaibo.stages.compliance.models import ScreenedText
from kaibo.stages.listing.models import Listing
from kaibo.stages.selection.models import Candidate, Competitor, Market
from tests.make.compliance import make_channel, make_papers
from tests.make.goods import make_category
from tests.make.people import PASSWORD, make_person, make_shop
from tests.make.selection import csv_bytes, run_import

RIVALS = [
    ["短款双面呢外套", "抖店", "云上羊绒", "双面呢大衣女短款2026新款小个子", "469.00", "12600"], ["短款双面呢外套", "抖店", "衣见倾心女装", "羊毛呢外套女秋冬短款显瘦", "399.00", "21800"],
    ["短款双面呢外套", "淘宝", "南方有佳人", "短款双面呢外套羊毛女", "459.00", "7600"],
]


@pytest.fixture
def shop(transactional_db):
    shop = make_shop()
    make_person("linxia", "owner", password=PASSWORD)
    make_person("chenyi", "selection", shop=shop, password=PASSWORD)
    make_person("hemu", "operations", shop=shop, password=PASSWORD)
    make_category()
    make_channel(shop)
    return shop


def pictured(page, name: str) -> None:
    folder = os.environ.get("KAIBO_STORY_PICTURES")
    if folder:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=str(Path(folder) / f"story-{name}.png"))


def test_from_a_competitor_file_to_a_product_on_sale_whose_title_was_refused_twice(shop, open_browser, sign_in, tmp_path):
    buyer = sign_in(open_browser(), "chenyi")
    _bring_competitors(buyer, tmp_path)
    candidate = _write_candidate(buyer)
    owner = sign_in(open_browser(), "linxia")
    owner.goto(reverse("selection:candidate", args=[candidate.pk]))
    owner.keyboard.press("a")
    owner.locator("dialog#approve[open] button[type=submit]").click()
    owner.get_by_text("看上新进度").wait_for()
    pictured(owner, "3-approved")
    candidate.refresh_from_db()
    assert candidate.state == "approved"

    make_papers(shop)
    run_import("hotwords", csv_bytes(["热词", "搜索人气", "类目"], [["小个子双面呢", "48210", ""], ["通勤", "32000", ""]]), shop)
    editor = sign_in(open_browser(), "hemu")
    editor.goto(reverse("listing:listings"))
    editor.get_by_role("button", name="开始上架").first.click()
    editor.get_by_text("已开始，先写标题").first.wait_for()
    listing = Listing.objects.get()
    _refused_twice(editor, listing)
    _published(editor, listing, candidate)


def _bring_competitors(page, tmp_path) -> None:
    file = tmp_path / "竞品.csv"
    file.write_bytes(csv_bytes(["市场", "平台", "店铺名称", "商品标题", "券后价", "近30天销量"], RIVALS))
    page.goto(f"{reverse('intake:upload')}?kind=competitors")
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_role("button", name="开始导入").click()
    page.wait_for_url("**/imports/0*")
    engine.run_import(ImportRun.objects.get().pk, clock=utc_now)  # what the work process does
    page.reload()
    market = Market.objects.get()
    page.goto(reverse("selection:market", args=[market.pk]))
    page.get_by_text("云上羊绒").first.wait_for()
    pictured(page, "1-competitors")
    assert Competitor.objects.count() == 3


def _write_candidate(page) -> Candidate:
    page.goto(reverse("selection:candidate-new"))
    for name, value in (("title", "短款羊毛双面呢外套"), ("code", "KB-2417"), ("cost_fen", "210"), ("price_fen", "599"), ("return_bp", "32"), ("value_proposition", "小个子也能穿出比例的羊毛外套")):
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=selling_points]").fill("九成羊毛手工缝制\n短款显高小个子不压身")
    page.locator("[name=skus]").fill("KB-2417-B-M, 黑色 / M, 210, 599")
    page.locator("main form button.main").first.click()
    page.wait_for_url("**/selection/candidates/0*")
    candidate = Candidate.objects.get()
    page.locator(f"form[action='{reverse('selection:score', args=[candidate.pk])}'] button").first.click()
    page.wait_for_load_state("networkidle")
    candidate.refresh_from_db()
    assert candidate.state == "scored"
    pictured(page, "2-scored")
    return candidate


def _refused_twice(page, listing: Listing) -> None:
    title = page.locator("input[name=title]")
    page.locator("input[name=core]").fill("双面呢外套")
    # First: a word the advertising law forbids.
    title.fill("国家级短款双面呢外套")
    page.locator("#lint mark.block").wait_for()
    _save_refused(page)
    pictured(page, "4-refused-for-a-word")
    listing.refresh_from_db()
    assert listing.title == listing.product.title

    page.locator("[data-rewrite]").first.click()
    page.locator("#lint mark.block").wait_for(state="detached")
    assert "国家级" not in title.input_value()
    page.get_by_role("button", name="撤回这一下").click()
    assert title.input_value() == "国家级短款双面呢外套"
    page.locator("#lint mark.block").wait_for()
    page.locator("[data-rewrite]").first.click()
    page.locator("#lint mark.block").wait_for(state="detached")

    # Second: it does not fit the platform.
    title.fill("小个子通勤秋冬新款气质洋气高级感显高显瘦百搭宽松羊毛手工缝制短款双面呢外套")
    page.get_by_text("缩到 60 以内").wait_for()
    _save_refused(page)
    pictured(page, "5-refused-for-its-width")
    listing.refresh_from_db()
    assert listing.title == listing.product.title
    assert not ScreenedText.objects.filter(surface="title").exists()


def _save_refused(page) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/title") and answer.status == 422):
        page.get_by_role("button", name="保存标题").click()


def _published(page, listing: Listing, candidate: Candidate) -> None:
    page.locator("[data-use-title]").first.click()
    page.get_by_text("核心词、长度、用词都没有问题").wait_for()
    chosen = page.locator("input[name=title]").input_value()
    page.get_by_role("button", name="保存标题").click()
    page.get_by_text("标题已保存").first.wait_for()
    pictured(page, "6-accepted")
    page.keyboard.press("p")
    page.locator("dialog#publish[open] button[type=submit]").click()
    page.get_by_role("button", name="重新上架").wait_for()
    pictured(page, "7-on-sale")
    listing.refresh_from_db()
    assert (listing.state, listing.title, listing.product_id) == ("published", chosen, candidate.product_id)
    assert "小个子双面呢" in chosen
