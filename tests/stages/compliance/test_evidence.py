"""Compared prices, filings, rights, pictures and rows of the matrix on a real database: services, pages, permissions."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image, ImageOps

from kaibo.kit.errors import Forbidden
from kaibo.master.catalog.models import Category
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices.models import Notice
from kaibo.stages.compliance import comparing, matrix_rows, queries, rights
from kaibo.stages.compliance.models import ComparedPrice, Document, IpRight, Likeness, MatrixRow, Picture
from kaibo.stages.orders.models import Order, OrderLine
from tests.make.compliance import NOW, make_channel, make_document, make_papers
from tests.make.goods import make_product, make_sku
from tests.make.people import make_actor, make_person
from tests.stages.compliance.test_likeness import drawn

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(shop):
    return make_product(shop)


@pytest.fixture
def clerk(shop):
    return make_actor("cao", "compliance", shop=shop)


@pytest.fixture
def cao(client, shop):
    client.force_login(make_person("cao", "compliance", shop=shop))
    return client


def sell(sku, number: str, unit_fen: int, *, days: int = 1, platform: str = "own", state: str = "paid") -> None:
    at = NOW - timedelta(days=days)
    order = Order.objects.create(
        shop=sku.product.shop, platform=platform, order_no=number, amount_fen=unit_fen, ordered_at=at, paid_at=at, source="room", source_version=at,
        created_at=at, state=state,
    )  # fmt: skip
    OrderLine.objects.create(order=order, line_no="1", sku=sku, quantity=1, price_fen=unit_fen, amount_fen=unit_fen)


# Struck-through prices


def compare(actor, sku, struck_fen: int, price_fen: int = 39_900, **more) -> ComparedPrice:
    return comparing.set_struck(actor=actor, sku_id=sku.pk, platform="own", wanted=comparing.Comparison(struck_fen, price_fen, **more), now=NOW)


def test_a_struck_price_is_kept_with_the_deal_it_rests_on_and_one_fen_more_is_refused(clerk, product):
    sku = make_sku(product)
    sell(sku, "a", 59_900)
    sell(sku, "b", 49_900)
    with pytest.raises(comparing.StruckPriceRefused) as refusal:
        compare(clerk, sku, 49_901)
    assert "高于近 7 日最低成交价 ¥499" in refusal.value.message("zh")
    assert ComparedPrice.objects.count() == 0
    made = compare(clerk, sku, 49_900)
    assert (made.basis, made.most_fen, made.deals) == ("lowest_deal", 49_900, 2)
    assert AuditRow.objects.filter(deed="compliance:price:compare").count() == 1


def test_a_second_struck_price_ends_the_first_and_both_stay_on_record(clerk, product):
    sku = make_sku(product)
    sell(sku, "a", 59_900)
    compare(clerk, sku, 59_900)
    compare(clerk, sku, 55_900)
    assert sorted(ComparedPrice.objects.values_list("struck_fen", "ended_at")) == [(55_900, None), (59_900, NOW)]


def test_without_a_deal_only_a_proved_suggested_price_stands_and_turns_red_when_its_proof_ends(shop, clerk, product):
    make_channel(shop)
    make_papers(shop)
    sku = make_sku(product)
    with pytest.raises(comparing.StruckPriceRefused):
        compare(clerk, sku, 69_900)
    compare(clerk, sku, 69_900, evidence="品牌方函 2026-08", evidence_until=date(2026, 11, 22))
    assert queries.findings_for_products([product.pk], NOW)[product.pk] == []
    found = queries.findings_for_products([product.pk], NOW + timedelta(days=1))[product.pk]
    assert [(one.state, "厂商建议零售价证明" in one.reason) for one in found] == [("red", True)]


def test_the_database_itself_refuses_a_struck_price_above_its_ground(clerk, product):
    sku = make_sku(product)
    sell(sku, "a", 59_900)
    made = compare(clerk, sku, 59_900)
    with pytest.raises(IntegrityError), transaction.atomic():
        ComparedPrice.objects.filter(pk=made.pk).update(struck_fen=59_901)


def test_the_price_page_shows_every_deal_the_lowest_and_judges_what_is_asked(cao, product):
    sku = make_sku(product)
    now = queries.datetime.now(tz=NOW.tzinfo)
    for number, fen, state in (("A-1", 59_900, "paid"), ("A-2", 49_900, "paid"), ("A-3", 100, "cancelled")):
        sell(sku, number, fen, state=state)
    Order.objects.update(paid_at=now - timedelta(hours=2))
    page = cao.get(reverse("compliance:price", args=[sku.pk, "own"]), {"price": "59.9", "struck": "599"}).content.decode()
    for words in ("A-1", "A-2", "发货前退款，不算成交", "✓ 最低", "划线价 ¥599 高于近 7 日最低成交价 ¥499（近 7 日 2 笔）", "像少写一位"):
        assert words in page
    assert ComparedPrice.objects.count() == 0
    cao.post(reverse("compliance:price", args=[sku.pk, "own"]), {"price": "399", "struck": "499"})
    assert ComparedPrice.objects.get().struck_fen == 49_900
    assert "正在用的划线价" in cao.get(reverse("compliance:prices")).content.decode()
    cao.post(reverse("compliance:end-struck", args=[sku.pk, "own"]))
    assert ComparedPrice.objects.filter(ended_at=None).count() == 0


# Filings and reports


@pytest.fixture
def serum(shop):
    Category.objects.get_or_create(code="beauty", defaults={"title": "美妆", "title_en": "Beauty"})
    make_channel(shop, "own", "")
    make_document(shop)
    return make_product(shop, "SR-1", "烟酰胺美白精华", category="beauty")


def red_reasons(product) -> list[str]:
    return [one.reason for one in queries.findings_for_products([product.pk], NOW)[product.pk] if one.state == "red" and one.reason.startswith("说了")]


def test_a_claim_is_red_until_registration_and_report_are_on_record_and_name_it(shop, serum):
    assert red_reasons(serum) == ["说了“美白”（祛斑美白）：缺 特殊化妆品注册证、缺 功效评价报告"]
    paper = make_document(shop, "special_registration", "国妆特字20260001", product=serum)
    make_document(shop, "efficacy_report", "GX-26-001", product=serum)
    assert red_reasons(serum) == ["说了“美白”（祛斑美白）：特殊化妆品注册证 没有写“祛斑美白”、功效评价报告 没有写“祛斑美白”"]
    Document.objects.filter(product=serum).update(claims=["whitening"])
    assert red_reasons(serum) == []
    Document.objects.filter(pk=paper.pk).update(valid_until=date(2026, 11, 21), valid_from=date(2021, 1, 1))
    assert red_reasons(serum) == ["说了“美白”（祛斑美白）：特殊化妆品注册证 已在 2026-11-21 过期"]


def test_a_filing_of_another_product_covers_nothing(shop, serum):
    other = make_product(shop, "SR-2", "另一支精华", category="beauty")
    for kind, number in (("special_registration", "t-1"), ("efficacy_report", "r-1")):
        make_document(shop, kind, number, product=other)
    Document.objects.filter(product=other).update(claims=["whitening"])
    assert len(red_reasons(serum)) == 1


def test_the_same_words_of_a_coat_claim_nothing(shop):
    make_channel(shop)
    make_papers(shop)
    assert queries.findings_for_products([make_product(shop, "C-9", "美白色短款外套").pk], NOW).popitem()[1] == []


def test_a_report_is_uploaded_for_the_claims_it_covers(cao, shop, serum):
    href = next(one.repair_href for one in queries.findings_for_products([serum.pk], NOW)[serum.pk] if "claims=" in one.repair_href)
    page = cao.get(href).content.decode()
    assert 'value="whitening" ' in page
    fields = {"shop": str(shop.pk), "kind": "special_registration", "number": "国妆特字1", "valid_from": "2025-01-01", "product": str(serum.pk), "claims": ["whitening"]}
    assert cao.post(reverse("compliance:document-new"), fields).status_code == 302
    assert Document.objects.get(kind="special_registration").claims == ["whitening"]


# Rights and pictures


def png(picture: Image.Image, name: str = "a.png") -> SimpleUploadedFile:
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return SimpleUploadedFile(name, kept.getvalue(), "image/png")


def keep(actor, shop, picture, **more):
    return rights.keep_picture(actor=actor, shop_id=shop.pk, name="a.png", mime="image/png", content=png(picture).file, now=NOW, **more)


def test_a_mirrored_picture_of_ours_found_elsewhere_waits_for_judgement_and_an_upheld_one_stops_the_product(shop, clerk, product):
    make_channel(shop)
    make_papers(shop)
    keep(clerk, shop, drawn(1), origin="海宁某店 2026-11-20")
    assert keep(clerk, shop, drawn(3), product_id=product.pk)[1] == []
    _kept, found = keep(clerk, shop, ImageOps.mirror(drawn(1)), product_id=product.pk)
    assert [(one.how, one.their_origin, one.distance <= 4) for one in found] == [("mirrored", "海宁某店 2026-11-20", True)]
    assert [one.state for one in queries.findings_for_products([product.pk], NOW)[product.pk]] == ["run"]
    likeness = Likeness.objects.get()
    with pytest.raises(rights.GroundMissing):
        rights.decide_likeness(actor=clerk, likeness_id=likeness.pk, is_copy=True, ground=" ", now=NOW)
    rights.decide_likeness(actor=clerk, likeness_id=likeness.pk, is_copy=True, ground="同一张图，没有授权", now=NOW)
    assert [one.state for one in queries.findings_for_products([product.pk], NOW)[product.pk]] == ["red"]
    rights.decide_likeness(actor=clerk, likeness_id=likeness.pk, is_copy=False, ground="拿到授权书 A-1", now=NOW)
    assert queries.findings_for_products([product.pk], NOW)[product.pk] == []


def test_the_same_file_again_is_the_same_picture(shop, clerk, product):
    first, _found = keep(clerk, shop, drawn(5), product_id=product.pk)
    again, _found = keep(clerk, shop, drawn(5), product_id=product.pk)
    assert (first.pk, Picture.objects.count()) == (again.pk, 1)


def test_somebody_elses_picture_needs_its_origin_and_a_broken_file_is_refused(cao, shop):
    answer = cao.post(reverse("compliance:picture-new"), {"shop": str(shop.pk), "file": png(drawn(2))})
    assert (answer.status_code, Picture.objects.count()) == (422, 0)
    broken = SimpleUploadedFile("b.png", b"not a picture", "image/png")
    assert cao.post(reverse("compliance:picture-new"), {"shop": str(shop.pk), "origin": "某店", "file": broken}).status_code == 422
    assert Picture.objects.count() == 0


def test_pictures_stand_side_by_side_with_their_distance(cao, shop, clerk, product):
    keep(clerk, shop, drawn(1), origin="海宁某店", title="别家外套")
    keep(clerk, shop, drawn(1).resize((300, 300)), product_id=product.pk)
    page = cao.get(reverse("compliance:likeness", args=[Likeness.objects.get().pk])).content.decode()
    assert page.count("<figure>") == 2
    assert "海宁某店" in page
    cao.post(reverse("compliance:likeness-decide", args=[Likeness.objects.get().pk]), {"verdict": "fine", "reason": "同一供应商授权图"})
    assert Likeness.objects.get().state == "cleared"
    assert "不是抄袭" in cao.get(reverse("compliance:likenesses")).content.decode()


def test_an_ended_authorisation_is_red_the_day_after(shop, clerk, product):
    make_channel(shop)
    make_papers(shop)
    draft = rights.RightDraft("trademark", "林夏", "TM-1", "品牌方", date(2024, 1, 1), date(2026, 11, 22), "授-9", product.pk)
    made = rights.add_right(actor=clerk, shop_id=shop.pk, draft=draft, now=NOW)
    assert queries.findings_for_products([product.pk], NOW)[product.pk] == []
    assert [one.state for one in queries.findings_for_products([product.pk], NOW + timedelta(days=1))[product.pk]] == ["red"]
    with pytest.raises(rights.RightTaken):
        rights.add_right(actor=clerk, shop_id=shop.pk, draft=draft, now=NOW)
    rights.end_right(actor=clerk, right_id=made.pk, reason="换新授权", now=NOW)
    assert queries.findings_for_products([product.pk], NOW + timedelta(days=1))[product.pk] == []


def test_an_ending_right_is_told_thirty_seven_and_one_days_before_and_after_its_end_once_each(shop):
    reader = make_person("su", "compliance", shop=shop)
    draft = rights.RightDraft("design_patent", "围巾外观", "ZL1", "林夏", date(2020, 1, 1), date(2026, 12, 25))
    rights.add_right(actor=KAIBO, shop_id=shop.pk, draft=draft, now=NOW)
    for day in range(40):
        rights.remind_ending(NOW + timedelta(days=day))
    told = Notice.objects.filter(person_id=reader.pk).order_by("created_at").values_list("state", "values__days")
    assert list(told) == [("run", 30), ("run", 7), ("run", 1), ("red", -1)]


def test_a_right_is_registered_and_taken_off_on_the_page(cao, shop):
    assert "还没有登记知识产权" in cao.get(reverse("compliance:rights")).content.decode()
    fields = {"shop": str(shop.pk), "kind": "design_patent", "title": "围巾外观", "number": "ZL2025300001", "owner": "林夏", "valid_from": "2025-03-01"}
    assert cao.post(reverse("compliance:right-new"), fields).status_code == 302
    right = IpRight.objects.get()
    assert "ZL2025300001" in cao.get(reverse("compliance:rights"), {"q": right.number}).content.decode()
    assert cao.post(reverse("compliance:right-end", args=[right.pk])).status_code == 422
    cao.post(reverse("compliance:right-end", args=[right.pk]), {"reason": "到期不续"})
    assert IpRight.objects.get().ended_at is not None


# Rows of the matrix


def draft(**more) -> matrix_rows.RowDraft:
    usual = {
        "platform": "douyin", "shop_type": "企业店", "category": "apparel", "documents": ("customs_declaration",), "grade": "must",
        "source": "平台公告 2026-11-20", "in_force_from": date(2026, 11, 22),
    }  # fmt: skip
    return matrix_rows.RowDraft(**(usual | more))


def red_kinds(product, now=NOW) -> set[str]:
    return {need.kind for cell in queries.matrix_for([product.pk], now)[product.pk] for need in cell.needs if need.is_red}


def test_a_row_of_ours_holds_from_its_day_and_every_version_stays(shop, clerk, product):
    make_channel(shop)
    make_papers(shop)
    owner = make_actor("mo", "compliance")
    made = matrix_rows.save_row(actor=owner, draft=draft(in_force_from=date(2026, 11, 23)), now=NOW)
    assert red_kinds(product) == set()
    assert red_kinds(product, NOW + timedelta(days=1)) == {"customs_declaration"}
    matrix_rows.save_row(actor=owner, draft=draft(grade="should"), now=NOW, line=made.line, version=1)
    assert red_kinds(product) == set()
    with pytest.raises(matrix_rows.MatrixRowMoved):
        matrix_rows.save_row(actor=owner, draft=draft(), now=NOW, line=made.line, version=1)
    assert [(one.version, one.ended_at is None) for one in matrix_rows.history_of(made.line)] == [(2, True), (1, False)]


def test_a_packaged_row_is_taken_away_and_comes_back(shop, product):
    make_channel(shop)
    owner = make_actor("mo", "compliance")
    assert red_kinds(product) == {"business_licence"}
    key = next(rule.key for rule in queries.packaged_matrix().rules if rule.documents == ("business_licence",))
    made = matrix_rows.save_row(actor=owner, draft=draft(platform="*", shop_type="*", category="*", documents=(), grade="none", replaces=key), now=NOW)
    assert red_kinds(product) == set()
    matrix_rows.end_row(actor=owner, line=made.line, now=NOW)
    assert red_kinds(product) == {"business_licence"}


BAD_ROWS = [{"platform": "ebay"}, {"category": "ships"}, {"documents": ()}, {"documents": ("diploma",)}, {"source": " "}, {"grade": "none"}, {"replaces": "zzz"}]


@pytest.mark.parametrize("wrong", BAD_ROWS)
def test_a_row_that_could_never_hold_is_refused(wrong):
    with pytest.raises(matrix_rows.MatrixRowUnusable):
        matrix_rows.save_row(actor=make_actor("mo", "compliance"), draft=draft(**wrong), now=NOW)
    assert MatrixRow.objects.count() == 0


# Who may not


def test_people_without_the_right_change_nothing(shop, product):
    sku, host = make_sku(product), make_actor("hua", "host", shop=shop)
    sell(sku, "a", 59_900)
    picture, found = keep(KAIBO, shop, drawn(1), product_id=product.pk)
    attempts = [
        lambda: compare(host, sku, 59_900),
        lambda: comparing.end_struck(actor=host, sku_id=sku.pk, platform="own", now=NOW),
        lambda: rights.add_right(actor=host, shop_id=shop.pk, draft=rights.RightDraft("trademark", "a", "1", "b", date(2026, 1, 1)), now=NOW),
        lambda: keep(host, shop, drawn(2), origin="某店"),
        lambda: rights.compare_titles(actor=host, product_id=product.pk, now=NOW),
        lambda: matrix_rows.save_row(actor=host, draft=draft(), now=NOW),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
    assert (ComparedPrice.objects.count(), IpRight.objects.count(), Picture.objects.count(), MatrixRow.objects.count()) == (0, 0, 1, 0)
    assert found == []
    assert picture.product_id == product.pk
