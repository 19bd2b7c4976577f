"""What viewers must be able to read: labels beside a product, the operator of a room, rows of the matrix as files, duties."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from kaibo.master.catalog.models import Category, Product
from kaibo.master.shops.models import Shop
from kaibo.master.shops.services import LicenceFacts, say_licence
from kaibo.plumbing.access.actor import KAIBO
from kaibo.room import backoffice
from kaibo.room import duties as room_duties
from kaibo.stages.compliance import disclosures, duties, imports, licences, matrix_rows, rights, services
from kaibo.stages.compliance.models import Document, MatrixRow
from tests.make.compliance import NOW, make_channel, make_document, make_papers
from tests.make.goods import make_product
from tests.make.people import make_actor, make_person
from tests.make.selection import csv_bytes, run_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def pills(shop):
    food = Category.objects.get_or_create(code="food", defaults={"title": "食品", "title_en": "Food"})[0]
    Category.objects.get_or_create(code="food.health", defaults={"title": "保健食品", "title_en": "Health food", "parent": food})
    return make_product(shop, "VC-1", "维生素C咀嚼片", category="food.health")


@pytest.fixture
def cao(client, shop):
    client.force_login(make_person("cao", "compliance", shop=shop))
    return client


def test_health_food_says_that_it_replaces_no_medicine_and_shows_its_number(shop, pills):
    assert disclosures.card_labels(pills.pk, NOW) == ["本品不能代替药物"]
    make_document(shop, "health_food_approval", "国食健注G20260001", product=pills)
    assert disclosures.card_labels(pills.pk, NOW) == ["本品不能代替药物", "保健食品批准文号或备案号 国食健注G20260001"]


def test_an_unchecked_or_ended_number_is_not_shown(shop, pills):
    make_document(shop, "health_food_approval", "国食健注G1", product=pills, confirmed=False)
    make_document(shop, "health_food_approval", "国食健注G2", product=pills, valid_until=date(2026, 11, 21))
    assert disclosures.card_labels(pills.pk, NOW) == ["本品不能代替药物"]


def test_a_coat_needs_no_label(shop):
    assert disclosures.labels_of([make_product(shop)], NOW).popitem()[1] == []


def test_who_says_patent_gives_its_number(shop):
    product = make_product(shop)
    Product.objects.filter(pk=product.pk).update(selling_points=["专利防泼水面料"])
    product.refresh_from_db()
    assert [one.state for one in disclosures.of_product(product, NOW)] == ["red"]
    draft = rights.RightDraft("utility_patent", "防泼水面料", "ZL202610000001.1", "林夏", date(2026, 1, 1), product_id=product.pk)
    rights.add_right(actor=KAIBO, shop_id=shop.pk, draft=draft, now=NOW)
    assert disclosures.card_labels(product.pk, NOW) == ["专利 ZL202610000001.1（防泼水面料）"]


@pytest.mark.parametrize(("said", "states"), [("下单就送围巾", ["run"]), ("下单送羊毛袜一双", []), ("送货上门", [])])
def test_a_gift_without_its_quantity_is_asked_about(shop, said, states):
    product = make_product(shop)
    product.selling_points = [said]
    assert [one.state for one in disclosures.of_product(product, NOW)] == states


def open_room(shop, **identity) -> None:
    with connection.cursor() as cursor:
        backoffice.open_room(cursor, room="linxia-1122", title="秋冬上新", operator="林夏的衣橱", host="林夏", company="杭州林夏服饰有限公司", shop=shop.pk)
        if identity:
            room_duties.show_identity(cursor, room="linxia-1122", **identity)


def test_a_room_without_licence_and_contact_is_red_until_they_are_shown(cao, shop, owner):
    open_room(shop)
    missing = [one.reason for one in disclosures.rooms_of(owner)[0].findings if one.state == "red"]
    assert missing == [
        f"{what}没有写，观众看不到" for what in ("营业执照号", "联系方式", "售后入口", "企业类型", "法定代表人（负责人）", "注册资本", "住所（经营场所）")
    ]
    facts = LicenceFacts("杭州林夏服饰有限公司", "91330106MA2KLX7Q0D", "有限责任公司", "林夏", "壹佰万元整", "示例路 1 号")
    licences.say_licence(actor=KAIBO, shop_id=shop.pk, facts=facts, now=NOW)
    open_room(shop, licence_number="91330106MA2KLX7Q0D", contact="0571-86021122", service_url="/service", is_ai_host=True)
    assert [one.reason for one in disclosures.rooms_of(owner)[0].findings if one.state != "ok"] == ["证照公示页上还没有证照：上传营业执照并核对原件"]
    make_document(shop)
    page = disclosures.rooms_of(owner)[0]
    assert (page.is_complete, "AI 数字人直播" in page.findings[-1].reason) == (True, True)
    assert "营业执照号：91330106MA2KLX7Q0D" in cao.get(reverse("compliance:shown")).content.decode()


def permits_shown(shop):
    with connection.cursor() as cursor:
        cursor.execute("select permits from room.rooms where shop = %s", (str(shop.pk),))
        return [(one["title_zh"], one["number"], one["until"]) for one in json.loads(cursor.fetchone()[0])]


def test_the_licence_page_follows_the_papers_of_the_shop_as_they_are_checked_and_taken_out_of_use(shop, owner):
    open_room(shop)
    unchecked = make_document(shop, "food_licence", "JY13301060099999", valid_until=date(2029, 5, 1), confirmed=False)
    assert permits_shown(shop) == []
    licence = make_document(shop)
    services.confirm_document(actor=owner, document_id=unchecked.pk, now=NOW)
    assert permits_shown(shop) == [("营业执照", "91330106MA2H", None), ("食品经营许可证", "JY13301060099999", "2029-05-01")]
    services.withdraw_document(actor=owner, document_id=licence.pk, reason="换了新执照", now=NOW)
    assert permits_shown(shop) == [("食品经营许可证", "JY13301060099999", "2029-05-01")]


def test_a_persons_identity_number_is_never_shown_but_a_sole_traders_code_is(shop):
    open_room(shop)
    make_document(shop, "individual_licence", "330106199001011234")
    assert permits_shown(shop) == []
    make_document(shop, "individual_licence", "92330106MA2KLX7Q0B")
    assert [number for _title, number, _until in permits_shown(shop)] == ["92330106MA2KLX7Q0B"]


def test_papers_of_a_product_of_another_kind_or_ended_are_not_the_operators_licence(shop):
    open_room(shop)
    make_document(shop, "test_report", "WT1")
    make_document(shop, "business_licence", "OLD", valid_until=date(2026, 11, 21))
    make_document(shop, "food_producer_licence", "SC1", product=make_product(shop))
    assert permits_shown(shop) == []


def test_a_room_that_ended_has_nothing_to_show_any_more(shop, owner):
    open_room(shop)
    with connection.cursor() as cursor:
        backoffice.set_room_state(cursor, room="linxia-1122", state="ended")
    assert disclosures.rooms_of(owner) == []


def test_a_stranger_sees_no_room_of_the_shop(shop):
    open_room(shop)
    other = Shop.objects.create(code="other", name="别家", company="别家公司")
    assert disclosures.rooms_of(make_actor("eve", "compliance", shop=other)) == []


# Duties


def test_duties_say_who_does_what_until_when_and_a_renewal_ends_one(shop, owner):
    make_channel(shop)
    make_papers(shop)
    say_licence(actor=KAIBO, shop_id=shop.pk, facts=LicenceFacts("示例公司", "91350100M000100Y43", "有限责任公司", "林夏", "壹佰万元整", "示例路 1 号"), now=NOW)
    Document.objects.filter(kind="business_licence").update(number="91350100M000100Y43")
    make_product(shop)
    ending = make_document(shop, "brand_authorisation", "TM-1", valid_until=date(2026, 12, 1))
    make_document(shop, "customs_declaration", "TM-2", confirmed=False)
    found = duties.duties_of(owner, NOW)
    assert [(one.what, one.until) for one in found] == [("核对原件 进口报关单与检验检疫证明", date(2026, 11, 24)), ("续期 品牌授权书或商标注册证", date(2026, 12, 1))]
    assert duties.duties_of(owner, NOW + timedelta(days=20))[0].is_late
    services.file_document(
        actor=KAIBO, shop_id=shop.pk, kind="brand_authorisation", number="TM-1", valid_from=date(2026, 12, 2), valid_until=date(2027, 12, 1), now=NOW, renews=ending.pk
    )
    ending.refresh_from_db()
    assert ending.replaced_by is not None
    assert [one.what for one in duties.duties_of(owner, NOW)] == ["核对原件 品牌授权书或商标注册证", "核对原件 进口报关单与检验检疫证明"]


def test_the_page_of_duties_lists_them_with_their_buttons(cao, shop):
    make_channel(shop)
    make_product(shop)
    page = cao.get(reverse("compliance:todo")).content.decode()
    assert "补 营业执照" in page
    assert "kind=business_licence" in page


# Rows of the matrix as pages and files


def test_rows_are_edited_on_the_page_and_every_version_is_shown(client, shop):
    client.force_login(make_person("mo", "compliance"))
    Category.objects.get_or_create(code="apparel", defaults={"title": "服装", "title_en": "Apparel"})
    fields = {"platform": "douyin", "shop_type": "企业店", "category": "apparel", "documents": ["customs_declaration"], "grade": "must", "source": "公告", "in_force_from": "2026-11-01"}
    assert client.post(reverse("compliance:requirement-new"), fields).status_code == 302
    row = MatrixRow.objects.get()
    assert client.post(reverse("compliance:requirement", args=[row.line]), {**fields, "grade": "should", "version": 1}).status_code == 302
    assert client.post(reverse("compliance:requirement", args=[row.line]), {**fields, "grade": "should", "version": 1}).status_code == 409
    page = client.get(reverse("compliance:requirement", args=[row.line])).content.decode()
    assert "v2 · 公告" in page
    assert "v1 · 公告" in page
    rows = client.get(reverse("compliance:requirements")).content.decode()
    newest = matrix_rows.rows_in_force()[0]
    assert "公告" in rows and f'data-opens="e-{newest.pk}"' in rows and f'<dialog id="e-{newest.pk}"' in rows
    client.post(reverse("compliance:requirement-end", args=[row.line]))
    assert list(matrix_rows.rows_in_force()) == []


def test_rows_come_by_file_and_the_same_file_twice_changes_nothing(shop):
    Category.objects.get_or_create(code="beauty", defaults={"title": "美妆", "title_en": "Beauty"})
    content = csv_bytes(
        ["平台", "店铺类型", "类目", "资质", "程度", "依据", "生效日期"],
        [["douyin", "旗舰店", "beauty", "化妆品备案或注册凭证；品牌授权书", "必须", "招商规则 2026-11-20", "2026-12-01"], ["ebay", "", "", "质检报告", "必须", "x", "2026-12-01"]],
    )
    run_import("requirements", content, shop)
    assert [(one.documents, one.grade, one.version) for one in MatrixRow.objects.all()] == [(["cosmetics_filing", "brand_authorisation"], "must", 1)]
    run_import("requirements", content, shop)
    assert MatrixRow.objects.count() == 1


def test_documents_are_read_by_title_or_key():
    assert imports._kinds_named("质检报告、营业执照，test_report") == ("test_report", "business_licence", "test_report")


def test_a_host_sees_no_way_to_edit_and_changes_nothing(client, shop):
    client.force_login(make_person("hua", "host", shop=shop))
    assert client.get(reverse("compliance:requirement-new")).status_code == 403
    assert client.post(reverse("compliance:right-new"), {}).status_code == 403
    assert (MatrixRow.objects.count(), Document.objects.count()) == (0, 0)
