"""The shell as a person meets it: keys, search, themes, a phone, a lost connection, a refused form."""

from datetime import timedelta

import pytest

from kaibo.console import navigation as nav
from kaibo.console import queries
from kaibo.plumbing.thresholds.models import ThresholdChange
from kaibo.plumbing.wiring import Page, SearchHit, Stage, TodayItem, Wiring, wiring

SHELL_PAGES = ("/", "/notices", "/why?ability=stock:stock:adjust", "/profile", "/settings/thresholds", "/jobs", "/components")

UNNAMED = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=img]')]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute('aria-label') || one.labels?.length || one.innerText?.trim() || one.title || one.textContent?.trim()))
  .map((one) => one.outerHTML.slice(0, 120))"""

DOUBLED_IDS = """() => { const all = [...document.querySelectorAll('[id]')].map((one) => one.id);
  return all.filter((id, at) => all.indexOf(id) !== at); }"""

FAINT = """() => {
  const parts = (colour) => { const found = colour.match(/[\\d.]+/g).map(Number); const scale = colour.startsWith('color(') ? 255 : 1;
    return [found[0] * scale, found[1] * scale, found[2] * scale, found[3] ?? 1]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * x + .7152 * y + .0722 * z; };
  const ground = (one) => { for (let at = one; at; at = at.parentElement) { const found = parts(getComputedStyle(at).backgroundColor); if (found[3] > .9) return found; } return [255, 255, 255, 1]; };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !one.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (one.closest('svg, script, [disabled], .is-busy, .visually-hidden, .skip-link, .heads-spoken, option, .canvas')) continue;
    const [a, b] = [light(parts(getComputedStyle(one).color)), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${one.className} ${walker.currentNode.textContent.trim().slice(0, 30)}`);
  }
  return faint;
}"""


@pytest.fixture
def wired(monkeypatch):
    def wire(**parts):
        made = Wiring(stages=(Stage(key="supply", pages=(Page("供应链", "why"),), **parts),), shared=wiring().shared, reactions={})
        monkeypatch.setattr(queries, "wiring", lambda: made)
        monkeypatch.setattr(nav, "wiring", lambda: made)

    return wire


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_named_readable_and_fits(alice_at, theme, width):
    page = alice_at(theme=theme, width=width)
    for path in SHELL_PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(UNNAMED) == [], path
        assert page.evaluate(DOUBLED_IDS) == [], path
        assert page.evaluate(FAINT) == [], path
        assert page.locator("h1").count() >= 1, path
        assert page.locator("html").get_attribute("lang") == "zh-CN"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_is_named_readable_and_fits_a_phone(open_browser, alice, theme):
    page = open_browser(theme=theme, width=390, height=844)
    page.goto("/sign-in")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(FAINT) == []


def test_ctrl_k_finds_a_thing_and_enter_opens_it(alice_at, wired):
    wired(search=lambda actor, term: [SearchHit("短款羊毛双面呢外套", "KB-2417", "/profile", "商品"), SearchHit("6953…4417", "抖店", "/notices", "订单")])
    page = alice_at()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("KB")
    page.get_by_role("option", name="短款羊毛双面呢外套").wait_for()
    page.keyboard.press("ArrowDown")
    assert page.locator("[role=option][aria-selected=true]").inner_text().startswith("6953")
    page.keyboard.press("Enter")
    page.wait_for_url("**/notices")


def test_question_mark_lists_the_keys_and_escape_puts_them_away(alice_at):
    page = alice_at("/notices")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="全部快捷键")
    dialog.wait_for()
    assert "查找一切" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_g_and_a_letter_go_to_a_stage(alice_at, wired):
    wired()
    page = alice_at("/notices")
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/why")


def test_letters_typed_into_a_field_stay_letters(alice_at):
    page = alice_at("/profile")
    field = page.get_by_label("现在的密码")
    field.press_sequentially("gu?n/")
    assert field.input_value() == "gu?n/"
    assert page.url.endswith("/profile")


def test_j_walks_the_rows_and_enter_opens_the_one_that_is_current(alice_at, wired):
    wired(today=lambda actor, now: [TodayItem(now + timedelta(minutes=1), "甲", "", "/notices"), TodayItem(now + timedelta(minutes=2), "乙", "", "/profile")])
    page = alice_at()
    for key in ("j", "j"):
        page.keyboard.press(key)
    assert "乙" in page.locator("tr.is-current").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile")


def test_the_look_is_kept_and_right_from_the_first_byte(alice_at):
    page = alice_at("/profile")
    page.locator("#main").get_by_role("button", name="暗", exact=True).click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    answer = page.goto("/notices")
    assert 'data-theme="dark"' in answer.text()


def test_english_is_one_press_away(alice_at):
    page = alice_at("/profile")
    page.locator("#main").get_by_role("button", name="English").click()
    page.get_by_role("heading", name="My account").wait_for()
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_refused_form_says_why_and_keeps_what_was_typed(alice_at):
    page = alice_at("/settings/thresholds")
    page.locator("[data-opens=change]").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("新的值").fill("很多")
    dialog.get_by_label("为什么改").fill("试试")
    dialog.get_by_role("button", name="修改，立即生效").click()
    page.locator(".toast.bad").wait_for()
    assert dialog.get_by_label("新的值").input_value() == "很多"
    assert dialog.get_by_label("为什么改").input_value() == "试试"
    assert ThresholdChange.objects.count() == 0


def test_a_change_is_said_on_the_page_that_follows_and_happens_once(alice_at):
    page = alice_at("/settings/thresholds")
    page.locator("[data-opens=change]").first.click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("新的值").fill("42")
    dialog.get_by_label("为什么改").fill("试试")
    dialog.get_by_role("button", name="修改，立即生效").dblclick()
    page.locator(".toast.ok").wait_for()
    assert page.locator(".toast").count() == 1
    assert ThresholdChange.objects.count() == 1


def test_a_lost_connection_is_said_at_once_and_its_return_too(alice_at, unplug):
    page = alice_at()
    corner = page.locator("#connection")
    assert corner.get_attribute("data-state") == "connected"
    with unplug(page):
        page.wait_for_function("() => document.getElementById('connection').dataset.state === 'lost'")
        assert "断开" in corner.inner_text()
    page.wait_for_function("() => document.getElementById('connection').dataset.state === 'connected'")


def test_on_a_phone_the_menu_is_a_drawer_and_the_way_home_is_at_the_thumb(alice_at):
    page = alice_at("/notices", width=390, height=844)
    assert not page.locator(".side").is_visible()
    page.get_by_role("button", name="菜单", exact=True).click()
    page.locator(".side").get_by_role("link", name="阈值").click()
    page.wait_for_url("**/settings/thresholds")
    page.get_by_role("navigation", name="快捷导航").get_by_role("link", name="今天").click()
    page.wait_for_url("**/")


def test_a_chart_shows_its_figures_as_a_table_too(alice_at):
    page = alice_at("/components")
    figure = page.locator("#ranking")
    if not page.evaluate("Boolean(window.echarts)"):
        pytest.skip("the pinned front-end files are not set up")
    figure.locator("svg").first.wait_for()
    figure.get_by_text("看数字").click()
    assert "31.2%" in figure.get_by_role("table").inner_text()


def test_asking_before_what_cannot_be_undone(alice_at):
    page = alice_at("/components")
    page.get_by_role("button", name="结束本场").click()
    dialog = page.get_by_role("dialog", name="结束“秋冬上新第 3 场”？")
    assert "不能撤销" in dialog.inner_text()
    dialog.get_by_role("button", name="取消").click()
    assert not dialog.is_visible()
