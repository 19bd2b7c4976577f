"""Draws over the JSON API: the same rules as on the page, once per key, for nobody without the ability (LIV-5, LIV-10)."""

from __future__ import annotations

import pytest
from django.db import connection
from ninja.testing import TestClient

from kaibo.kit.ids import new_id
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.stages.live.api import router
from kaibo.stages.live.draw_terms import DrawLacks, DrawPublished, DrawUnknown
from kaibo.stages.live.models import DeskAction, DrawPlan
from kaibo.stages.showplan.queries import SessionUnknown
from tests.make.live import NOW, make_live_session
from tests.make.people import make_actor, make_shop
from tests.make.showplan import make_session

pytestmark = pytest.mark.django_db
LIVE = TestClient(router)
SCARF = {"name": "羊绒围巾", "detail": "100% 山羊绒，驼色", "count": 1, "value_fen": 39_900}
BODY = {"title": "整点抽奖", "prizes": [SCARF], "contact": "0571-88880000", "eligibility": "followed", "conditions": "关注店铺的观众均可参与。", "minutes_open": 10}


@pytest.fixture
def live(owner, shop):
    return make_live_session(owner, shop)


def call(how, session, tail="", *, auth, key="", **more):
    headers = {"Idempotency-Key": key} if key else {}
    return getattr(LIVE, how)(f"/sessions/{session.pk}/draws{tail}", auth=auth, now=NOW, headers=headers, **more)


def test_a_draft_is_written_once_per_key_rewritten_and_published_once(owner, live):
    made = [call("post", live, auth=owner, key=key, json=BODY) for key in ("k1", "k1", "k2")]
    assert [one.status_code for one in made] == [201] * 3
    first, again, second = (one.json() for one in made)
    assert first == again and first["id"] != second["id"]
    assert (first["state"], first["eligibility"], first["lacks"], first["published_at"]) == ("draft", "followed", [], None)
    changed = call("put", live, f"/{first['id']}", auth=owner, json=BODY | {"title": "九点抽奖", "minutes_open": None}).json()
    assert (changed["title"], changed["minutes_open"], changed["prizes"]) == ("九点抽奖", 10, [SCARF])
    published = [call("post", live, f"/{first['id']}/publish", auth=owner).json() for _ in range(2)]
    assert published[0]["id"] == published[1]["id"]
    shown = call("get", live, f"/{first['id']}", auth=owner).json()
    assert (shown["state"], shown["rules_hash"]) == ("open", published[0]["details"]["rules_hash"])
    with connection.cursor() as cursor:
        cursor.execute("select eligibility from room.draws where draw = %s", [first["id"]])
        assert cursor.fetchone() == ("followed",)
    with pytest.raises(DrawPublished):
        call("put", live, f"/{first['id']}", auth=owner, json=BODY)
    with pytest.raises(DrawPublished):
        call("delete", live, f"/{first['id']}", auth=owner)
    assert {(one["title"], one["state"]) for one in call("get", live, auth=owner).json()["items"]} == {("九点抽奖", "open"), ("整点抽奖", "draft")}
    voided = call("post", live, f"/{first['id']}/void", auth=owner, json={"reason": "奖品写错了"}).json()
    assert (voided["state"], voided["void_reason"]) == ("void", "奖品写错了")
    assert call("delete", live, f"/{second['id']}", auth=owner).status_code == 204
    assert DrawPlan.objects.count() == 1


def test_what_the_law_still_wants_is_named_and_nothing_starts(owner, live):
    made = call("post", live, auth=owner, json=BODY | {"contact": "", "prizes": [SCARF | {"value_fen": 5_000_001}]}).json()
    assert sorted(made["lacks"]) == ["contact", "value"]
    with pytest.raises(DrawLacks):
        call("post", live, f"/{made['id']}/publish", auth=owner)
    assert call("get", live, f"/{made['id']}", auth=owner).json()["state"] == "draft"
    assert DeskAction.objects.filter(kind="draw").count() == 0


@pytest.mark.parametrize("wrong", [{"eligibility": "paying"}, {"prizes": [SCARF | {"count": 0}]}, {"title": "x" * 501}])
def test_what_cannot_be_right_is_refused_and_nothing_is_kept(owner, live, wrong):
    assert call("post", live, auth=owner, json=BODY | wrong).status_code == 422
    assert DrawPlan.objects.count() == 0


def test_without_the_ability_or_the_shop_nothing_is_written_started_or_seen(owner, shop, live):
    draft = call("post", live, auth=owner, json=BODY).json()["id"]
    before = list(DrawPlan.objects.values())
    host, stranger = make_actor("hana", "host", shop=shop), make_actor("zoe", "control", shop=make_shop("other", "别家"))
    for how, tail, body in (("post", "", BODY), ("put", f"/{draft}", BODY), ("delete", f"/{draft}", None), ("post", f"/{draft}/publish", None), ("post", f"/{draft}/void", {"reason": "x"})):
        more = {"json": body} if body else {}
        with pytest.raises(AbilityMissing):
            call(how, live, tail, auth=host, **more)
        with pytest.raises(SessionUnknown):
            call(how, live, tail, auth=stranger, **more)
    with pytest.raises(SessionUnknown):
        call("get", live, auth=stranger)
    assert list(DrawPlan.objects.values()) == before


def test_a_draw_is_found_only_in_its_own_session(owner, shop, live):
    draft = call("post", live, auth=owner, json=BODY).json()["id"]
    other = make_session(owner, shop, room="another-room")
    for how, tail in (("get", ""), ("delete", ""), ("post", "/publish")):
        with pytest.raises(DrawUnknown):
            call(how, other, f"/{draft}{tail}", auth=owner)
    with pytest.raises(DrawUnknown):
        call("get", live, f"/{new_id()}", auth=owner)
    assert DrawPlan.objects.filter(pk=draft, published_at=None).exists()
