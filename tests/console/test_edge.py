"""The edge: who acts, which shop, which language, and how refusals read to pages, htmx and programs."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from kaibo.console.middleware import ErrorMiddleware, answer_for
from kaibo.kit.errors import Conflict, KaiboError, TooMany
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.answers import done
from kaibo.plumbing.thresholds.models import ThresholdChange

pytestmark = pytest.mark.django_db


class LotTaken(Conflict):
    code = "test.lot_taken"
    message_zh = "批次 {lot} 已被放行"
    message_en = "Lot {lot} was released already"


def request_of(person, path="/", **headers):
    request = RequestFactory().post(path, headers=headers)
    request.user = person
    return request


def test_htmx_gets_a_toast_and_no_swap(alice):
    response = answer_for(request_of(alice, **{"HX-Request": "true"}), LotTaken(lot="L2611-07"))
    assert response.status_code == 409
    assert response.content == b""
    assert response["HX-Reswap"] == "none"
    assert json.loads(response["HX-Trigger"])["kaibo:toast"] == {"text": "批次 L2611-07 已被放行", "state": "bad", "code": "test.lot_taken"}


def test_a_program_gets_code_message_and_details(alice):
    response = answer_for(request_of(alice, accept="application/json"), LotTaken(lot="L2611-07"))
    assert response.status_code == 409
    assert json.loads(response.content) == {"code": "test.lot_taken", "message": "批次 L2611-07 已被放行", "details": {"lot": "L2611-07"}}


def test_english_readers_get_english_refusals(alice):
    alice.language = "en"
    assert "Lot L2611-07 was released already" in answer_for(request_of(alice, **{"HX-Request": "true"}), LotTaken(lot="L2611-07"))["HX-Trigger"]


def test_too_much_says_when_to_come_back(alice):
    assert answer_for(request_of(alice, accept="application/json"), TooMany(retry_after_seconds=7))["Retry-After"] == "7"


def test_a_missing_ability_links_to_its_explanation(alice):
    complaint = AbilityMissing(ability="stock:stock:adjust", ability_zh="盘点调整", ability_en="x", reason="", way_out_zh="", way_out_en="")
    toast = json.loads(answer_for(request_of(alice, **{"HX-Request": "true"}), complaint)["HX-Trigger"])["kaibo:toast"]
    assert toast["href"] == "/why?ability=stock:stock:adjust"


def test_a_page_gets_words_a_code_and_the_way_back(as_hanna):
    response = as_hanna.get("/jobs")
    page = response.content.decode()
    assert response.status_code == 403
    assert "查看失败任务" in page
    assert "access.ability_missing" in page
    assert "/why?ability=console:job:see" in page


def test_other_failures_are_not_dressed_up(alice):
    middleware = ErrorMiddleware(lambda request: HttpResponse())
    assert middleware.process_exception(request_of(alice), ValueError("x")) is None
    assert middleware.process_exception(request_of(alice), KaiboError()).status_code == 500


def test_a_boosted_form_is_sent_on_by_address_so_that_messages_survive(alice):
    def moved(request):
        response = HttpResponse(status=302, headers={"Location": "/notices"})
        response.set_cookie("kept", "1")
        return response

    response = ErrorMiddleware(moved)(request_of(alice, **{"HX-Request": "true", "HX-Boosted": "true"}))
    assert (response.status_code, response["HX-Redirect"], response.cookies["kept"].value) == (200, "/notices", "1")


def test_every_page_forbids_foreign_scripts(as_alice):
    policy = as_alice.get("/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_strangers_are_sent_to_the_door_in_the_form_they_understand(db):
    assert Client().get("/notices")["Location"] == "/sign-in?next=%2Fnotices"
    assert Client().get("/notices", headers={"HX-Request": "true"})["HX-Redirect"] == "/sign-in"
    assert Client().get("/notices", headers={"Accept": "application/json"}).status_code == 401
    assert Client().post("/preferences", {"theme": "dark"}).status_code == 302


def test_the_chosen_shop_holds_until_another_is_chosen(as_alice, shop, other_shop):
    as_alice.post("/shop", {"shop": str(other_shop.pk), "next": "/notices"})
    assert "周舟女装" in as_alice.get("/notices").content.decode().split("</summary>")[0]
    as_alice.post("/shop", {"shop": "", "next": "/notices"})
    assert "全部店铺" in as_alice.get("/notices").content.decode().split("</summary>")[0]


@pytest.mark.parametrize("chosen", ["other", "00000000-0000-0000-0000-000000000000", "nonsense"])
def test_a_shop_one_cannot_see_is_not_there(as_hanna, shop, other_shop, chosen):
    response = as_hanna.post("/shop", {"shop": str(other_shop.pk) if chosen == "other" else chosen})
    assert response.status_code == 404
    assert "shop_id" not in as_hanna.session


def test_language_and_look_stay_with_the_person(as_alice, alice):
    as_alice.post("/preferences", {"language": "en", "next": "/profile"})
    as_alice.post("/preferences", {"theme": "dark"})
    alice.refresh_from_db()
    assert (alice.language, alice.theme) == ("en", "dark")
    page = as_alice.get("/profile").content.decode()
    assert 'data-theme="dark"' in page
    assert "My account" in page


def test_nonsense_preferences_change_nothing(as_alice, alice):
    as_alice.post("/preferences", {"language": "xx", "theme": "neon"})
    alice.refresh_from_db()
    assert (alice.language, alice.theme) == ("zh-hans", "auto")


def test_nobody_is_led_elsewhere_by_a_preference(as_alice):
    assert as_alice.post("/preferences", {"language": "en", "next": "//evil.example"})["Location"] == "/"


def test_an_action_done_is_said_on_the_page_that_follows(as_alice, alice):
    from kaibo.kit.clock import utc_now
    from kaibo.plumbing.notices.notices import tell

    tell([alice.pk], key="k", title="批次待放行", now=utc_now())
    page = as_alice.post("/notices/read", follow=True).content.decode()
    assert "kept-messages" in page
    assert "1" in page.split("kept-messages")[1]
    assert "kept-messages" not in as_alice.get("/notices").content.decode()


def test_without_a_place_to_go_htmx_stays_with_a_toast_and_an_undo(alice):
    response = done(request_of(alice, **{"HX-Request": "true"}), "已下架", undo="/undo/1")
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["kaibo:toast"] == {"text": "已下架", "state": "ok", "undo": "/undo/1"}


def test_missing_pages_look_like_the_house_for_those_inside_and_outside(as_alice):
    for client, has_navigation in ((as_alice, True), (Client(), False)):
        response = client.get("/no/such/page")
        assert response.status_code == 404
        assert "没有这个页面" in response.content.decode()
        assert ('class="side"' in response.content.decode()) is has_navigation


def test_a_refused_change_changes_nothing(as_hanna):
    assert as_hanna.post("/settings/thresholds/selection.quality_share_bp", {"value": "1", "reason": "x"}).status_code == 403
    assert ThresholdChange.objects.count() == 0
