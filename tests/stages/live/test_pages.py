"""The desk through a browser's eyes: it shows what the room says, its keys answer with the event that proves them."""

from __future__ import annotations

import pytest
from django.test import Client

from kaibo.language.screening import default_screener
from kaibo.master.catalog.models import Product
from kaibo.stages.live.models import DeskAction, PriceVersion
from kaibo.stages.showplan.models import Session
from tests.make.goods import make_category
from tests.make.live import make_item_on_sale, make_live_session
from tests.make.people import make_person, make_shop
from tests.make.showplan import make_coat, make_green_session, make_product_segment, make_session

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


def client_of(account: str, *roles: str, shop=None) -> Client:
    client = Client()
    client.force_login(make_person(account, *roles, shop=shop))
    return client


def act(client: Client, session, deed: str, **values):
    return client.post(f"/live/{session.pk}/do/{deed}", values, **JSON)


def test_a_shut_gate_shows_its_reds_and_no_way_to_start(owner, shop):
    session = make_session(owner, shop)
    make_product_segment(owner, session, make_coat(shop))
    Session.objects.filter(pk=session.pk).update(state="ready")
    control = client_of("cody", "control", shop=shop)
    page = control.get(f"/live/{session.pk}/").content.decode()
    assert "3 项红，不能开播" in page
    assert f'action="/live/{session.pk}/start"' not in page
    assert control.post(f"/live/{session.pk}/start", **JSON).json()["code"] == "live.gate_shut"
    session.refresh_from_db()
    assert session.state == "ready"


def test_control_starts_a_green_session_and_puts_the_first_item_up(owner, shop):
    session, _segment = make_green_session(owner, shop)
    control = client_of("cody", "control", shop=shop)
    assert control.post(f"/live/{session.pk}/start").status_code == 302
    answer = act(control, session, "next", seen="")
    assert answer.status_code == 200
    assert answer.json()["words"] == "切到 1 号 短款羊毛双面呢外套"
    assert answer.json()["seq"] == DeskAction.objects.get(kind="next").seq
    page = control.get(f"/live/{session.pk}/").content.decode()
    assert "短款羊毛双面呢外套" in page
    assert "配额 100 · 已抢" in page
    assert control.get(f"/live/{session.pk}/parts").status_code == 200


def test_every_page_of_the_desk_answers(owner, shop):
    item = make_item_on_sale(owner, shop)
    control = client_of("cody", "control", shop=shop)
    for address in ("", f"{item.session_id}/", f"{item.session_id}/parts", f"{item.session_id}/pulse", f"{item.session_id}/why/{item.pk}", f"{item.session_id}/prompter", f"{item.session_id}/prompter?part=1", f"{item.session_id}/log"):
        assert control.get(f"/live/{address}").status_code == 200, address


def test_why_shows_both_books(owner, shop):
    item = make_item_on_sale(owner, shop)
    page = client_of("cody", "control", shop=shop).get(f"/live/{item.session_id}/why/{item.pk}").content.decode()
    assert "直播配额" in page
    assert "<b>900</b>" in page


@pytest.mark.parametrize(
    ("account", "role", "status", "code"),
    [("hana", "host", 403, "access.ability_missing"), ("serv", "service", 403, "access.ability_missing"), ("cody", "control", 200, None)],
)
def test_who_may_change_a_price(owner, shop, account, role, status, code):
    item = make_item_on_sale(owner, shop)
    answer = act(client_of(account, role, shop=shop), item.session, "price", item=item.pk, price="549")
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert PriceVersion.objects.filter(item=item).count() == (2 if status == 200 else 1)


def test_a_stranger_and_the_other_shop_see_no_desk(owner, shop):
    item = make_item_on_sale(owner, shop)
    assert Client().get(f"/live/{item.session_id}/").status_code == 302
    other = client_of("zoe", "control", shop=make_shop("other", "别家"))
    assert other.get(f"/live/{item.session_id}/").status_code == 404
    assert act(other, item.session, "take_down", item=item.pk).status_code == 404
    assert DeskAction.objects.filter(kind="take_down").count() == 0


def test_the_same_press_sent_twice_happens_once(owner, shop):
    item = make_item_on_sale(owner, shop)
    control = client_of("cody", "control", shop=shop)
    answers = [
        control.post(f"/live/{item.session_id}/do/extend", {"item": item.pk, "units": "50"}, HTTP_IDEMPOTENCY_KEY="press-1", **JSON).json() for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert DeskAction.objects.filter(kind="extend").count() == 1


def test_an_unknown_deed_and_a_wrong_number_are_refused_in_words(owner, shop):
    session = make_live_session(owner, shop)
    control = client_of("cody", "control", shop=shop)
    assert act(control, session, "dance").json()["code"] == "live.deed_unknown"
    assert act(control, session, "extend", item="x", units="many").json()["code"] in {"live.item_gone", "live.not_a_number"}


def test_the_desk_costs_the_same_queries_whatever_is_on_sale(owner, shop, django_assert_max_num_queries):
    item = make_item_on_sale(owner, shop)
    control = client_of("cody", "control", shop=shop)
    control.get(f"/live/{item.session_id}/parts")
    with django_assert_max_num_queries(34):
        control.get(f"/live/{item.session_id}/parts")


def test_the_prompter_shows_what_the_law_forbids_to_say_of_this_very_kind_of_goods(owner, shop):
    item = make_item_on_sale(owner, shop)
    host = client_of("hana", "host", shop=shop)
    address = f"/live/{item.session_id}/prompter?part=1"
    coat = host.get(address).content.decode()
    assert "广告法第十七条" in coat and "治疗" in coat
    words = next(one.words for one in default_screener().forbidden_in("服饰", "script") if one.source == "广告法第十七条")
    assert f"另有 {len(words) - 6} 个" in coat
    assert "药妆" not in coat and "化妆品监督管理条例" not in coat
    make_category("skincare", "护肤")
    Product.objects.filter(pk=item.sku.product_id).update(category="skincare")
    cream = host.get(address).content.decode()
    assert cream.index("化妆品监督管理条例") < cream.index("广告法第十七条") and "药膏" in cream
