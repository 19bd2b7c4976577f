"""A coupon from the desk's key to a viewer's hand, in a real browser, confirmed by the room itself (LIV-4, LIV-6)."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection
from django.urls import reverse

from kaibo.stages.live.models import CouponPlan
from tests.browser.test_desk import receipt, show  # noqa: F401 - a fixture
from tests.make.databases import url_of
from tests.room.house import Viewer, served


def test_the_desks_key_issues_a_coupon_that_a_viewer_takes_and_withdraws_it(show, chromium, live_server, sign_in, settings):  # noqa: F811
    with served(url_of(connection.settings_dict["NAME"])) as room:
        settings.ENV = replace(settings.ENV, room_url=room.url)
        context = chromium.new_context(base_url=live_server.url, bypass_csp=True, viewport={"width": 1440, "height": 1100})
        desk = sign_in(context.new_page(), "zhouzhou")
        desk.goto(reverse("live:desk", args=[show.pk]))
        desk.locator("[data-room-connection][data-state=connected]").wait_for()
        desk.keyboard.press("c")
        for name, value in {"threshold": "199", "off": "20", "units": "5", "reason": "拉停留"}.items():
            desk.fill(f"#coupon [name={name}]", value)
        desk.locator("#coupon .button.main").click()
        receipt(desk).get_by_text("直播间已确认").wait_for()
        viewer = Viewer(room.url, "desk")
        assert viewer.http.post(f"/rooms/desk/coupons/{CouponPlan.objects.get().pk}/take").status_code == 201
        # an open dialog is not written anew, so the coupon has to stand in it before it opens
        desk.locator("#coupon").get_by_text("满 ¥199 减 ¥20").wait_for(state="attached")
        desk.keyboard.press("c")
        desk.locator("#coupon").get_by_text("满 ¥199 减 ¥20").wait_for()
        desk.locator("#coupon [data-deed=coupon_withdraw]").click()
        receipt(desk).get_by_text("停发优惠券 满 ¥199 减 ¥20，已领 1 张照样能用").wait_for()
        assert viewer.http.post(f"/rooms/desk/coupons/{CouponPlan.objects.get().pk}/take", headers={"idempotency-key": "2"}).json()["code"] == "coupon_withdrawn"
        context.close()
    assert CouponPlan.objects.get().state == "withdrawn"
