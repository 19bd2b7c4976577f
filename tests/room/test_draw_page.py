"""A draw in a real browser: entered in the room, witnessed, drawn and computed again on the proof page (LIV-9, LIV-10)."""

from __future__ import annotations

import shutil

import pytest

from kaibo.room import draw_backoffice
from tests.make.room_draws import freeze, later, publish

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


def test_a_viewer_enters_witnesses_wins_and_proves_it(browser, server, sale):
    draw = publish(sale, title="<img src=x onerror=alert(1)>")
    context = browser.new_context(base_url=server.url, viewport={"width": 390, "height": 844}, locale="zh-CN")
    room = context.new_page()
    complaints = []
    room.on("pageerror", lambda error: complaints.append(str(error)))
    room.goto(f"/r/{sale.room}")
    assert room.inner_text(".draw b") == "<img src=x onerror=alert(1)>"
    room.click(".draw-act")
    room.wait_for_selector(".draw-in")
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"/draw/{sale.room}/{draw}")
    page.click("#witnesses form button")
    page.wait_for_selector("text=冻结后会自动公开")
    freeze(sale, draw)
    page.wait_for_selector("text=随机数已公开")
    sale.do(draw_backoffice.hold_draw, room=sale.room, draw=draw, now=later(sale, draw))
    page.wait_for_selector("#verify:not([hidden])")
    page.click("#verify")
    page.wait_for_selector("#verdict.good")
    assert "与你开奖前记下的承诺值一致" in page.inner_text("#verdict")
    page.click("#mine form button")
    page.wait_for_selector("#mine .verdict.good")
    assert "凭据与名单里的封印一致" in page.inner_text("#mine .verdict")
    room.wait_for_selector(".draw.good .draw-act")
    room.click(".draw-act")
    room.wait_for_selector("text=兑奖码")
    assert sale.ask("select state from room.draw_places where draw = %s", draw) == [("claimed",)]
    tampered = page.evaluate(
        """async () => { const answer = await fetch(document.querySelector('#file').href); const text = await answer.text();
           return text.replace('奖品1', '奖品2'); }"""
    )
    page.set_input_files("#own", {"name": "draw.json", "mimeType": "application/json", "buffer": tampered.encode()})
    page.wait_for_selector("#verdict.bad")
    assert page.inner_text("#verdict li >> nth=1") == "规则与冻结时公布的规则指纹不符"
    assert complaints == []
    context.close()
