"""The licence page 亮照: one press from the room, without a script, only papers that hold, and nothing typed is markup."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest

from kaibo.kit.clock import business_date, utc_now
from kaibo.room import duties
from kaibo.room.duties import Permit
from kaibo.room.licence import POLICY, Shown, drawn

TODAY = date(2026, 11, 22)


def shown(**changed) -> Shown:
    values = {
        "title": "林夏的衣橱", "operator": "林夏的衣橱", "company": "杭州林夏服饰有限公司", "host": "林夏", "licence_number": "91330106MA2KLX7Q0B", "contact": "0571-86021122",
        "service_url": "https://example.cn/service", "is_ai_host": False, "permits": [], "licence": {},
    } | changed
    return Shown(**values)


def paper(until: str | None) -> dict:
    return {"title_zh": "营业执照", "title_en": "Business licence", "number": "91330106MA2KLX7Q0B", "issuer": "杭州市场监管局", "until": until}


@pytest.mark.parametrize(("until", "is_there"), [(None, True), ("2026-11-22", True), ("2026-11-21", False)])
def test_a_paper_is_shown_through_its_last_day(until, is_there):
    page = drawn("linxia", shown(permits=[paper(until)]), TODAY, "zh", build="b")
    assert ("杭州市场监管局" in page) is is_there
    assert ("没有需要另外公示的许可" in page) is not is_there


def test_what_an_operator_typed_is_text_and_a_strange_address_is_no_link():
    page = drawn("linxia", shown(company="<script>alert(1)</script>", service_url="javascript:alert(1)", permits=[paper(None) | {"number": "<b>1</b>"}]), TODAY, "zh", build="b")
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "javascript:" not in page and "<b>1</b>" not in page


def test_what_is_missing_says_so_and_an_artificial_host_is_named_as_one():
    page = drawn("linxia", shown(licence_number="", is_ai_host=True), TODAY, "zh", build="b")
    assert "经营者还没有填写" in page and "林夏（AI 数字人，并非真人）" in page
    assert "Business licence" in drawn("linxia", shown(permits=[paper(None)]), TODAY, "en", build="b")


def test_the_page_is_served_beside_the_room_with_the_papers_of_its_shop(server, sale):
    day = business_date(utc_now())
    sale.do(duties.show_identity, room=sale.room, licence_number="91330106MA2KLX7Q0B")
    with_shop = sale.one("select shop from room.rooms where room = %s", sale.room)
    permits = [Permit("营业执照", "Business licence", "NO-1", "杭州市场监管局", None), Permit("食品经营许可证", "Food licence", "NO-2", "", day - timedelta(days=1))]
    assert sale.do(duties.show_permits, shop=with_shop, permits=permits) >= 1
    assert sale.do(duties.show_permits, shop=with_shop, permits=permits) == 0  # told once
    answer = httpx.get(f"{server.url}/r/{sale.room}/licence")
    assert (answer.status_code, answer.headers["content-security-policy"]) == (200, POLICY)
    assert "NO-1" in answer.text and "NO-2" not in answer.text and "91330106MA2KLX7Q0B" in answer.text and "广告" in answer.text
    assert "<script" not in answer.text
    assert httpx.get(f"{server.url}/r/nobody/licence").status_code == 404


def test_the_licence_page_says_type_legal_person_capital_and_address_and_what_is_missing_of_them():
    told = {"company_type": "有限责任公司", "legal_person": "林夏", "registered_address": "杭州市西湖区示例路 1122 号"}
    page = drawn("linxia", shown(licence=told, permits=[paper(None)]), TODAY, "zh", build="b")
    assert "<dt>企业类型</dt><dd>有限责任公司</dd><dt>法定代表人（负责人）</dt><dd>林夏</dd>" in page
    assert "<dt>住所（经营场所）</dt><dd>杭州市西湖区示例路 1122 号</dd>" in page
    assert page.count("经营者还没有填写") == 1 and '<dt>注册资本</dt><dd><span class="quiet">' in page
    assert "<dt>Legal representative</dt><dd>林夏</dd>" in drawn("linxia", shown(licence=told), TODAY, "en", build="b")


def test_what_the_licence_says_reaches_every_room_of_the_shop_once_and_an_ended_one_not_at_all(server, sale):
    shop = sale.one("select shop from room.rooms where room = %s", sale.room)
    wanted = {"shop": shop, "company": "杭州示例公司", "licence_number": "91330106MA2KLX7Q0D", "facts": {"legal_person": "林<b>夏", "company_type": ""}}
    assert sale.do(duties.show_licence, **wanted) >= 1
    assert sale.do(duties.show_licence, **wanted) == 0
    assert "林&lt;b&gt;夏" in httpx.get(f"{server.url}/r/{sale.room}/licence").text
    assert sale.one("select licence from room.rooms where room = %s", sale.room) == {"legal_person": "林<b>夏"}
    sale.ask("update room.rooms set state = 'ended' where shop = %s returning 1", shop)
    assert sale.do(duties.show_licence, **wanted | {"company": "另一家"}) == 0
