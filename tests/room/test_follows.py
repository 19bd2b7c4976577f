"""Following a shop 关注: said once, seen in all its rooms, taken back whole; a draw may ask for it (LIV-5, LIV-9)."""

from __future__ import annotations

import shutil
import uuid

import httpx
import pytest
from playwright.sync_api import sync_playwright

from kaibo.room.figures import room_figures
from tests.make.room_draws import publish
from tests.room.house import Viewer, make_sale


def follow(viewer, method="PUT", room=None):
    answer = viewer.http.request(method, f"/rooms/{room or viewer.room}/follow", **({"json": {}} if method != "GET" else {}))
    return answer.status_code, answer.json().get("follows")


def counted(sale):
    figures = sale.do(room_figures, room=sale.room)
    return figures.followers, figures.new_followers


def test_a_viewer_follows_once_and_takes_it_back_with_nothing_left(sale, alice, bob):
    assert follow(alice, "GET") == (200, False)
    assert [follow(alice), follow(alice), follow(alice, "GET"), follow(bob, "GET")] == [(200, True), (200, True), (200, True), (200, False)]
    assert counted(sale) == (1, 1)
    assert [follow(alice, "DELETE"), follow(alice, "DELETE")] == [(200, False)] * 2
    assert counted(sale) == (0, 0)
    assert sale.one("select count(*) from room.follows where visitor = %s", alice.visitor) == 0


def test_a_follower_is_known_in_every_room_of_the_shop_and_in_no_other(server, dsn):
    shop = f"shop-{uuid.uuid4().hex[:8]}"
    first, second, other = (make_sale(dsn) for _ in range(3))
    for sale in (first, second):
        sale.ask("update room.rooms set shop = %s where room = %s returning 1", shop, sale.room)
    with httpx.Client(base_url=server.url) as page:
        follows = {}
        for sale in (first, second, other):
            assert page.post(f"/rooms/{sale.room}/visitors", json={"nickname": "阿柚"}).status_code == 201
            if sale is first:
                page.put(f"/rooms/{sale.room}/follow", json={})
            follows[sale.room] = page.get(f"/rooms/{sale.room}/follow").json()["follows"]
    assert list(follows.values()) == [True, True, False]
    assert (counted(first), counted(second), counted(other)) == ((1, 1), (1, 0), (0, 0))


def test_nobody_follows_for_another_and_no_foreign_page_can(server, sale, alice):
    assert httpx.put(f"{server.url}/rooms/{sale.room}/follow", json={}).status_code == 401
    elsewhere = make_sale(sale.dsn)
    assert follow(alice, room=elsewhere.room)[0] == 403
    with httpx.Client(base_url=server.url) as page:
        page.post(f"/rooms/{sale.room}/visitors", json={"nickname": "阿柚"})
        assert page.put(f"/rooms/{sale.room}/follow", content=b"{}", headers={"content-type": "text/plain"}).status_code == 401
    assert counted(sale) == (0, 0)


def test_a_draw_for_followers_takes_followers_and_keeps_who_was_one_when_entering(sale, alice, bob):
    draw = publish(sale, eligibility="followed")
    refused = bob.post(f"draws/{draw}/entries", {})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_eligible")
    assert "关注" in refused.json()["message"]
    follow(alice)
    assert alice.post(f"draws/{draw}/entries", {}).status_code == 201
    follow(alice, "DELETE")
    assert alice.post(f"draws/{draw}/entries", {}).status_code == 200
    follow(bob), follow(bob, "DELETE")
    assert bob.post(f"draws/{draw}/entries", {}).status_code == 403
    assert sale.ask("select visitor from room.draw_entries where draw = %s", draw) == [(alice.visitor,)]


@pytest.mark.browser
def test_the_page_follows_and_takes_it_back(server, sale):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        page.goto(f"{server.url}/r/{sale.room}")
        button = page.get_by_role("button", name="关注", exact=True)
        button.click()
        page.get_by_role("button", name="已关注", pressed=True).wait_for()
        assert counted(sale) == (1, 1)
        page.reload()
        page.get_by_role("button", name="已关注", pressed=True).click()
        page.get_by_role("button", name="关注", exact=True, pressed=False).wait_for()
        assert counted(sale) == (0, 0)
        browser.close()
