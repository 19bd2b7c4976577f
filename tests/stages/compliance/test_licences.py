"""亮照: what the licence says is typed once, checked, kept with who said it, and read by viewers at once; what is missing is somebody's duty."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from kaibo.master.shops.models import Shop
from kaibo.master.shops.services import CreditCodeWrong, LicenceFacts, say_licence
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.stages.compliance import disclosures, duties, licences
from tests.make.compliance import NOW, make_document
from tests.make.people import make_actor, make_person
from tests.stages.compliance.test_disclosures import open_room

pytestmark = pytest.mark.django_db
CODE = "91350100M000100Y43"
FACTS = LicenceFacts("示例公司", CODE, "有限责任公司", "林夏", "壹佰万元整", "示例路 1 号")
TYPED = {"company": "示例公司", "licence_number": "91350100m000100y43", "company_type": "有限责任公司", "legal_person": "林夏", "registered_capital": "壹佰万元整", "registered_address": "示例路 1 号"}


def shown_of(shop):
    with connection.cursor() as cursor:
        cursor.execute("select company, licence_number, licence::text from room.rooms where shop = %s", (str(shop.pk),))
        return cursor.fetchone()


def test_what_the_owner_saves_is_what_viewers_read(client, shop):
    open_room(shop)
    client.force_login(make_person("linxia", "owner", shop=shop))
    answer = client.post(reverse("compliance:licence", args=[shop.pk]), TYPED)
    assert answer.status_code == 302
    company, code, licence = shown_of(shop)
    assert (company, code) == ("示例公司", CODE)
    assert "林夏" in licence and "示例路 1 号" in licence
    kept = AuditRow.objects.get(deed="shops:shop:licence")
    assert kept.details["licence_number"]["to"] == CODE
    client.post(reverse("compliance:licence", args=[shop.pk]), TYPED)
    assert AuditRow.objects.filter(deed="shops:shop:licence").count() == 1, "the same again is no change"


@pytest.mark.parametrize(("code", "why"), [("91350100M000100Y44", "校验位对不上"), ("91350100M000100", "应为 18 位，现在 15 位")])
def test_a_code_copied_wrongly_is_refused_beside_its_field_and_nothing_is_kept(client, shop, code, why):
    client.force_login(make_person("linxia", "owner", shop=shop))
    answer = client.post(reverse("compliance:licence", args=[shop.pk]), TYPED | {"licence_number": code})
    assert answer.status_code == 422
    assert why in answer.content.decode() and "壹佰万元整" in answer.content.decode()
    shop.refresh_from_db()
    assert (shop.licence_number, shop.legal_person) == ("", "")
    with pytest.raises(CreditCodeWrong):
        say_licence(actor=KAIBO, shop_id=shop.pk, facts=LicenceFacts("示例公司", code), now=NOW)


def test_compliance_reads_the_page_and_cannot_change_it(client, shop):
    client.force_login(make_person("sufei", "compliance", shop=shop))
    assert client.get(reverse("compliance:licence", args=[shop.pk])).status_code == 200
    assert client.post(reverse("compliance:licence", args=[shop.pk]), TYPED).status_code == 403
    assert Shop.objects.get(pk=shop.pk).legal_person == ""
    assert not AuditRow.objects.filter(deed="shops:shop:licence").exists()


def test_what_is_missing_is_the_owners_duty_until_it_is_said(shop):
    actor = make_actor("linxia", "owner", shop=shop)

    def about():
        return [one.about for one in duties.duties_of(actor, NOW) if one.what == "补营业执照信息"]

    assert about() == [f"{shop.name}：统一社会信用代码、企业类型、法定代表人（负责人）、注册资本、住所（经营场所）"]
    licences.say_licence(actor=KAIBO, shop_id=shop.pk, facts=FACTS, now=NOW)
    assert about() == []


def test_a_checked_licence_of_another_number_is_somebodys_duty(shop):
    actor = make_actor("linxia", "owner", shop=shop)
    licences.say_licence(actor=KAIBO, shop_id=shop.pk, facts=FACTS, now=NOW)
    make_document(shop, number="91110000600037341L")
    assert [one.about for one in duties.duties_of(actor, NOW) if one.what == "执照编号和登记的不一样"] == [f"{shop.name}：{CODE} / 91110000600037341L"]
    make_document(shop, number=CODE)
    assert [one.what for one in duties.duties_of(actor, NOW) if one.what == "执照编号和登记的不一样"] == []


def test_a_room_shows_each_line_of_the_licence_or_says_which_is_missing(shop):
    actor = make_actor("linxia", "owner", shop=shop)
    open_room(shop)
    red = [one.reason for one in disclosures.rooms_of(actor)[0].findings if one.state == "red"]
    assert "法定代表人（负责人）没有写，观众看不到" in red
    licences.say_licence(actor=KAIBO, shop_id=shop.pk, facts=FACTS, now=NOW)
    ok = [one.reason for one in disclosures.rooms_of(actor)[0].findings if one.state == "ok"]
    assert "法定代表人（负责人）：林夏（证照公示页）" in ok
