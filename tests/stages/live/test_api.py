"""Sessions, warm-ups and the desk over JSON: the same services, the same refusals."""

from __future__ import annotations

import pytest
from ninja.testing import TestClient

from kaibo.kit.ids import new_id
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.stages.live.api import router as live
from kaibo.stages.live.models import DeskAction
from kaibo.stages.showplan.api import router as showplan
from kaibo.stages.showplan.queries import SessionUnknown
from kaibo.stages.warmup.api import router as warmup
from tests.make.live import LATER, make_item_on_sale
from tests.make.people import make_actor, make_shop
from tests.make.showplan import make_session

pytestmark = pytest.mark.django_db
LIVE, PLAN, WARM = TestClient(live), TestClient(showplan), TestClient(warmup)


def test_the_desk_is_read_and_steered_once_per_key(owner, shop):
    item = make_item_on_sale(owner, shop)
    address = f"/sessions/{item.session_id}"
    said = {"auth": owner, "now": LATER}
    assert LIVE.get(address, **said).json()["items"] == [
        {"id": str(item.pk), "sku_code": "KB-2417-B-M", "state": "on_sale", "price_fen": 59_900, "stock": 100, "claimed": 0, "left": 100}
    ]
    answers = [LIVE.post(f"{address}/items/{item.pk}/extend", json={"units": 50}, headers={"Idempotency-Key": "k1"}, **said).json()["id"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert LIVE.get(f"{address}/actions", **said).json()["count"] == 3  # start, next, extend


def test_who_may_not_see_the_desk_changes_nothing_through_the_api(owner, shop):
    item = make_item_on_sale(owner, shop)
    address = f"/sessions/{item.session_id}/items/{item.pk}"
    with pytest.raises(AbilityMissing):
        LIVE.post(f"{address}/take-down", auth=make_actor("hana", "host", shop=shop), now=LATER)
    with pytest.raises(SessionUnknown):
        LIVE.post(f"{address}/take-down", auth=make_actor("zoe", "control", shop=make_shop("other", "别家")), now=LATER)
    assert DeskAction.objects.filter(kind="take_down").count() == 0


def test_a_session_is_planned_and_judged_over_the_api(owner, shop):
    said = {"auth": owner, "now": LATER}
    body = {"shop_id": str(shop.pk), "title": "双十二", "room": "d12", "starts_at": "2026-12-12T12:00:00Z", "ends_at": "2026-12-12T16:00:00Z"}
    made = PLAN.post("/sessions", json=body, **said)
    assert made.status_code == 201
    gate = PLAN.get(f"/sessions/{made.json()['id']}/gate", **said).json()
    assert gate["is_open"] is False
    assert [one["key"] for one in gate["findings"]] == ["staffing", "equipment", "rehearsal", "rundown"]
    assert PLAN.get("/sessions", **said).json()["items"][0]["room"] == "d12"
    with pytest.raises(SessionUnknown):
        PLAN.get(f"/sessions/{new_id()}", **said)


def test_links_are_made_and_read_over_the_api(owner, shop):
    session = make_session(owner, shop)
    said = {"auth": owner, "now": LATER}
    made = WARM.post(f"/sessions/{session.pk}/links", json={"platform": "weibo", "title": "置顶"}, **said)
    assert made.status_code == 201
    listed = WARM.get(f"/sessions/{session.pk}/links", **said).json()["items"]
    assert [(one["code"], one["clicks"]) for one in listed] == [(made.json()["code"], 0)]
    assert WARM.get(f"/sessions/{session.pk}/announcement", **said).json()["state"] == "red"
