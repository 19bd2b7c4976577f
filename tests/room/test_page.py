"""The viewer's page in a real browser: what a person sees and can do (LIV-9)."""

from __future__ import annotations

import shutil
import uuid

import httpx
import pytest
from playwright.sync_api import expect

from kaibo.room import backoffice, duties
from tests.room.house import Viewer, make_sale

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def phone(browser, server):
    context = browser.new_context(base_url=server.url, viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    yield page
    context.close()


def enter(page, sale, more=""):
    page.goto(f"/r/{sale.room}{more}")
    page.wait_for_selector("#card:not([hidden])")
    return page


def claims(sale):
    return sale.one("select count(*) from room.claims where room = %s", sale.room)


def test_a_promise_of_shipping_on_the_card_is_read_in_the_viewer_s_language(phone, sale):
    said = ["本品不能代替药物", "预售：付款后 3 天内发货", "预售：2026-12-01 前发货"]
    sale.do(duties.show_labels, room=sale.room, item=sale.item, labels=said)
    enter(phone, sale)
    assert phone.inner_text("#card-labels") == " · ".join(said)
    enter(phone, sale, "?lang=en")
    assert phone.inner_text("#card-labels") == "本品不能代替药物 · Pre-sale: ships within 3 days of payment · Pre-sale: ships by 2026-12-01"


def test_a_viewer_sees_who_sells_what_it_costs_and_how_many_are_left(phone, sale):
    sale.do(backoffice.change_price, room=sale.room, item=sale.item, price_fen=59900, price_version=2, reference_price_fen=76900)
    enter(phone, sale)
    assert phone.inner_text("#identity") == "运营者 杭州某服饰有限公司 · 主播 林夏"
    assert phone.inner_text("#card-price") == "¥599"
    assert phone.inner_text("#card-was") == "¥769近 7 日最低成交价 ¥769"
    assert phone.inner_text("#card-left") == "剩 10 / 10 件"
    assert phone.complaints == []


def test_pressing_the_button_claims_and_says_until_when_to_pay(phone, sale):
    enter(phone, sale)
    phone.click("#more")
    phone.click("#buy")
    phone.wait_for_selector("#answer[data-kind=good]")
    assert phone.inner_text("#answer").startswith("✓ 抢到了！2 件，共 ¥119.80。请在 ")
    expect(phone.locator("#card-left")).to_have_text("剩 8 / 10 件")
    assert sale.ask("select quantity from room.claims where room = %s", sale.room) == [(2,)]


def test_a_double_click_claims_once(phone, sale):
    enter(phone, sale)
    phone.dblclick("#buy", delay=1)
    phone.wait_for_selector("#answer[data-kind=good]")
    assert claims(sale) == 1


def test_a_tap_while_the_page_still_enters_makes_no_second_person(phone, sale):
    """Two persons on one phone: the claim would belong to the one whose cookie is overwritten, and never be seen again."""
    asked = []

    def wait_a_little(route):
        asked.append(route.request.url)
        phone.wait_for_timeout(300)
        route.continue_()

    phone.route("**/visitors", wait_a_little)
    enter(phone, sale)
    phone.click("#buy")
    phone.wait_for_selector("#answer[data-kind=good]")
    expect(phone.locator("#pay-go")).to_be_visible()
    assert len(asked) == 1


def test_the_button_says_sold_out_when_others_were_faster(phone, sale, server):
    enter(phone, sale)
    Viewer(server.url, sale.room).claim(sale.item, 10)
    expect(phone.locator("#buy")).to_have_text("已抢光")
    assert phone.get_attribute("#buy", "aria-disabled") == "true"
    phone.click("#buy", force=True)
    assert claims(sale) == 1
    sale.do(backoffice.add_units, room=sale.room, item=sale.item, units=1)
    expect(phone.locator("#buy")).to_have_text("立即抢购")


def test_the_limit_is_told_in_words(phone, dsn, server):
    sale = make_sale(dsn, limit_per_visitor=1)
    enter(phone, sale)
    assert phone.inner_text("#card-limit") == "每人限购 1 件"
    phone.click("#buy")
    phone.wait_for_selector("#answer[data-kind=good]")
    phone.click("#buy")
    phone.wait_for_selector("#answer[data-kind=bad]")
    assert phone.inner_text("#answer") == "! 已达到每人限购件数。"
    assert claims(sale) == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_key(phone, sale):
    """The claim reaches the room, its answer does not reach the phone: the page asks again and sells nothing twice."""
    enter(phone, sale)
    lost = []

    def lose(route):
        if len(lost) < 2:
            lost.append(route.request.headers["idempotency-key"])
            route.fetch()
            route.abort("connectionreset")
        else:
            lost.append(route.request.headers["idempotency-key"])
            route.continue_()

    phone.route("**/claims", lose)
    phone.click("#buy")
    phone.wait_for_selector("#answer[data-kind=wait]")
    assert phone.inner_text("#buy") == "正在确认…"
    phone.wait_for_selector("#answer[data-kind=good]", timeout=15_000)
    assert len(lost) == 3
    assert len(set(lost)) == 1
    assert claims(sale) == 1


def test_a_reload_in_the_middle_of_a_claim_finds_its_answer(phone, sale):
    enter(phone, sale)
    phone.evaluate(
        "([room, item, key]) => localStorage.setItem(`kaibo.${room}.pending`, JSON.stringify({ item, quantity: 3, key }))",
        [sale.room, sale.item, uuid.uuid4().hex],
    )
    phone.reload()
    phone.wait_for_selector("#answer[data-kind=good]")
    assert sale.ask("select quantity from room.claims where room = %s", sale.room) == [(3,)]


def test_what_others_say_is_shown_as_words_and_never_as_markup(phone, sale, server):
    enter(phone, sale)
    evil = "<img src=x onerror=document.title='owned'><b>hi</b>"
    Viewer(server.url, sale.room, "<i>坏人</i>").post("messages", {"text": evil})
    phone.wait_for_selector("#chat li")
    assert phone.inner_text("#chat li") == f"<i>坏人</i>{evil}"
    assert phone.locator("#chat img, #chat i").count() == 0
    assert phone.title() == "林夏的衣橱"


def test_the_whole_way_can_be_gone_with_the_keyboard(phone, dsn):
    sale = make_sale(dsn, items=2)
    enter(phone, sale)
    phone.focus("#goods")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#drawer[open]")
    phone.focus(f"[data-item='{sale.items[1]}']")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#drawer:not([open])", state="attached")
    assert phone.evaluate("document.activeElement.id") == "card"
    phone.focus("#buy")
    phone.keyboard.press("Space")
    phone.wait_for_selector("#answer[data-kind=good]")
    phone.focus("#words")
    phone.keyboard.type("买到了")
    phone.keyboard.press("Enter")
    phone.wait_for_selector("#chat li.mine")
    assert sale.ask("select item::text from room.claims where room = %s", sale.room) == [(sale.items[1],)]


def test_everything_a_person_can_press_has_a_name(phone, sale):
    enter(phone, sale)
    nameless = phone.evaluate(
        """[...document.querySelectorAll('button, input, [role]')].filter((node) => !node.hidden &&
             !(node.getAttribute('aria-label') || node.labels?.length || node.textContent.trim()) &&
             !['status', 'log', 'alert', 'progressbar'].includes(node.getAttribute('role'))).map((node) => node.outerHTML)"""
    )
    assert nameless == []


def test_english_is_complete(phone, sale):
    enter(phone, sale, "?lang=en")
    assert phone.inner_text("#buy") == "Buy now"
    names = phone.evaluate(
        """async () => { const source = await (await fetch('/static/words.js')).text();
             const keys = (block) => [...block.matchAll(/^  .*$/gm)].flatMap((l) => [...l[0].matchAll(/(?:^|, | {2})([a-z_]+): /g)].map((m) => m[1])).sort();
             const [zh, en] = [source.split('const zh')[1].split('const en')[0], source.split('const en')[1].split('export')[0]];
             return [keys(zh), keys(en)]; }"""
    )
    assert names[0] == names[1]
    assert len(names[0]) > 60
    own_words = phone.evaluate("[...document.querySelectorAll('[data-t]')].map((n) => n.textContent).join('')")
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in own_words)


def test_the_page_notices_that_the_room_is_away_and_comes_back(phone, sale):
    enter(phone, sale)
    phone.context.set_offline(True)
    phone.wait_for_selector("#trouble:not([hidden])")
    sale.do(backoffice.post_notice, room=sale.room, text="你不在的时候")
    phone.context.set_offline(False)
    expect(phone.locator("#notice-text")).to_have_text("你不在的时候", timeout=15_000)
    phone.wait_for_selector("#trouble", state="hidden")


def test_the_viewer_is_counted_and_what_they_saw_is_kept(phone, sale, server):
    enter(phone, sale)
    phone.click("#buy")
    phone.wait_for_selector("#answer[data-kind=good]")
    phone.goto("about:blank")
    for _ in range(60):
        kinds = [event.kind for event in server.sink.events if event.room == sale.room]
        if "leave" in kinds:
            break
        phone.wait_for_timeout(50)
    assert {"enter", "expose", "cart", "leave"} <= set(kinds)
    assert kinds.count("enter") == kinds.count("leave") == 1


def test_the_first_view_is_light_and_needs_nobody_else(phone, sale, server):
    requests = []
    phone.on("response", lambda answer: requests.append(answer))
    enter(phone, sale)
    assert {httpx.URL(answer.url).netloc for answer in requests} == {httpx.URL(server.url).netloc}
    size = sum(int(answer.headers.get("content-length", 0)) for answer in requests)
    assert 20_000 < size < 150_000
    policy = requests[0].headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_an_unknown_room_is_not_found(server):
    assert httpx.get(f"{server.url}/r/nowhere").status_code == 404
