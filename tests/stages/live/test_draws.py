"""Draws at the desk: rules complete before the start, one publication, every step by the clock and on record (LIV-5, LIV-10)."""

from __future__ import annotations

import http.server
import json
import threading
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.test import Client, override_settings

from kaibo.kit import draw_proof
from kaibo.kit.draws import masked, seal_of, witness_commitment
from kaibo.kit.ids import new_id
from kaibo.plumbing.access.access import AbilityMissing
from kaibo.plumbing.audit.models import AuditRow
from kaibo.room import draw_backoffice as room
from kaibo.room.draw_complaints import DrawCannotBeVoided, DrawMovedOn, WitnessTaken
from kaibo.stages.live import draw_queries
from kaibo.stages.live.draw_terms import BeaconAway, DrawLacks, DrawPublished, DrawReasonNeeded, DrawUnknown, Prize, first_terms
from kaibo.stages.live.models import DeskAction, DrawPlan
from kaibo.stages.live.rules import NoticeBlocked, NotLive
from kaibo.stages.live.services import draws
from tests.make.draws import secret
from tests.make.live import NOW, make_live_session
from tests.make.people import make_actor, make_person, make_shop
from tests.make.showplan import make_session

pytestmark = pytest.mark.django_db
SCARF = Prize("羊绒围巾", "100% 山羊绒，驼色", 1, 39_900)


def terms_of(*, prizes=(SCARF,), contact="0571-88880000", **changed):
    kept = first_terms(organiser="杭州某服饰有限公司", contact=contact).as_json() | {"title": "整点抽奖", **changed}
    return type(first_terms(organiser="x"))(**{**kept, "prizes": prizes})


def draft(owner, session, **changed) -> DrawPlan:
    return draws.save_draw(actor=owner, session_id=session.pk, draw_id=None, terms=terms_of(**changed), now=NOW)


def start(owner, plan, now=NOW):
    return draws.start_draw(actor=owner, draw_id=plan.pk, now=now)


def enter(plan, count: int) -> None:
    """Entries as the room writes them, without its clock: the tests' evening is not today."""
    with connection.cursor() as cursor:
        for number in range(count):
            cursor.execute(
                "insert into room.draw_entries (draw, visitor, entry, name, receipt, seal, entered_at) values (%s, %s, %s, %s, 'r', %s, %s)",
                (plan.pk, f"v{number}", new_id(), masked("阿柚"), seal_of("r"), NOW),
            )  # fmt: skip


def promise(actor, plan) -> str:
    kept = secret(str(plan.pk), actor.name)
    draws.promise_secret(actor=actor, draw_id=plan.pk, commitment=witness_commitment(str(plan.pk), actor.name, kept), now=NOW)
    return kept


def state_of(plan) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select state from room.draws where draw = %s", (plan.pk,))
        return cursor.fetchone()[0]


def noted() -> list[str]:
    return list(AuditRow.objects.filter(deed__startswith="live:draw:").order_by("pk").values_list("deed", flat=True))


def test_a_draw_goes_from_draft_to_result_by_the_clock(owner, shop):
    session = make_live_session(owner, shop)
    plan = draft(owner, session)
    action = start(owner, plan)
    assert (action.kind, action.details["title"], action.seq > 0) == ("draw", "整点抽奖", True)
    kept = promise(owner, plan)
    enter(plan, 20)
    assert draws.advance_draws(NOW + timedelta(minutes=4, seconds=59)) == 0
    assert draws.advance_draws(NOW + timedelta(minutes=5)) == 1
    assert state_of(plan) == "frozen"
    draws.show_secret(actor=owner, draw_id=plan.pk, secret=kept, now=NOW + timedelta(minutes=5, seconds=10))
    assert draws.advance_draws(NOW + timedelta(minutes=5, seconds=59)) == 0
    assert draws.advance_draws(NOW + timedelta(minutes=6)) == 1
    assert draws.advance_draws(NOW + timedelta(minutes=7)) == 0
    _plan, told = draw_queries.published_file(owner, plan.pk)
    assert draw_proof.verify(told.encode()) == []
    assert json.loads(told)["rules"]["prizes"] == [{"name": "羊绒围巾", "detail": "100% 山羊绒，驼色", "count": 1, "value_fen": 39_900}]
    [row] = draw_queries.draws_of(session, now=NOW)
    assert [(one.place, one.state) for one in row.places] == [(1, "waiting"), (2, "standby"), (3, "standby"), (4, "standby")]
    assert draws.advance_draws(NOW + timedelta(hours=49)) == 1
    [row] = draw_queries.draws_of(session, now=NOW)
    assert [one.state for one in row.places] == ["forfeited", "waiting", "standby", "standby"]
    assert noted() == ["live:draw:save", "live:draw:promise", "live:draw:freeze", "live:draw:show", "live:draw:hold", "live:draw:pass_on"]


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"contact": ""}, "contact"), ({"prizes": ()}, "prizes"), ({"prizes": (Prize("车", "一辆", 1, 5_000_001),)}, "value"), ({"delivery": ""}, "delivery"),
        ({"claim_hours": 0}, "claim_within"), ({"minutes_open": 0}, "times"), ({"eligibility": ""}, "eligibility"), ({"least_reveals": 0}, "entropy"),
    ],
)  # fmt: skip
def test_a_draw_that_lacks_what_the_law_wants_does_not_start(owner, shop, changed, lacks):
    session = make_live_session(owner, shop)
    plan = draft(owner, session, **changed)
    [row] = draw_queries.draws_of(session, now=NOW)
    assert lacks in row.lacks
    with pytest.raises(DrawLacks):
        start(owner, plan)
    plan.refresh_from_db()
    assert plan.published_at is None
    assert draw_queries.draws_of(session, now=NOW)[0].state == "draft"
    assert not DeskAction.objects.filter(kind="draw").exists()


def test_forbidden_words_do_not_reach_viewers(owner, shop):
    plan = draft(owner, make_live_session(owner, shop), prizes=(Prize("国家级最佳围巾", "全网第一", 1, 100),))
    with pytest.raises(NoticeBlocked):
        start(owner, plan)
    plan.refresh_from_db()
    assert plan.published_at is None


def test_a_double_press_publishes_once_and_published_rules_stay(owner, shop):
    session = make_live_session(owner, shop)
    plan = draft(owner, session)
    first = start(owner, plan)
    assert start(owner, plan, NOW + timedelta(seconds=1)) == first
    with pytest.raises(DrawPublished):
        draws.save_draw(actor=owner, session_id=session.pk, draw_id=plan.pk, terms=terms_of(title="别的"), now=NOW)
    with pytest.raises(DrawPublished):
        draws.delete_draft(actor=owner, draw_id=plan.pk, now=NOW)
    plan.refresh_from_db()
    assert (plan.title, DrawPlan.objects.count()) == ("整点抽奖", 1)


def test_a_draft_can_be_changed_and_thrown_away(owner, shop):
    session = make_live_session(owner, shop)
    plan = draft(owner, session)
    draws.save_draw(actor=owner, session_id=session.pk, draw_id=plan.pk, terms=terms_of(title="别的"), now=NOW)
    plan.refresh_from_db()
    assert plan.title == "别的"
    draws.delete_draft(actor=owner, draw_id=plan.pk, now=NOW)
    assert DrawPlan.objects.count() == 0


def test_without_a_live_session_nothing_starts(owner, shop):
    session = make_session(owner, shop)
    plan = draft(owner, session)
    with pytest.raises(NotLive):
        start(owner, plan)
    plan.refresh_from_db()
    assert plan.published_at is None


def test_without_witnesses_the_clock_draws_nothing_and_it_may_be_void(owner, shop):
    plan = draft(owner, make_live_session(owner, shop))
    start(owner, plan)
    enter(plan, 3)
    draws.advance_draws(NOW + timedelta(minutes=5))
    assert draws.advance_draws(NOW + timedelta(minutes=30)) == 0
    assert state_of(plan) == "frozen"
    with pytest.raises(DrawReasonNeeded):
        draws.void_draw(actor=owner, draw_id=plan.pk, reason=" ", now=NOW + timedelta(minutes=30))
    with pytest.raises(DrawCannotBeVoided):
        draws.void_draw(actor=owner, draw_id=plan.pk, reason="见证人没有到", now=NOW + timedelta(minutes=5, seconds=30))
    draws.void_draw(actor=owner, draw_id=plan.pk, reason="见证人没有到", now=NOW + timedelta(minutes=30))
    assert state_of(plan) == "void"
    with pytest.raises(DrawMovedOn):
        draws.void_draw(actor=owner, draw_id=plan.pk, reason="再来", now=NOW + timedelta(minutes=31))


def test_a_witness_promises_once(owner, shop):
    plan = draft(owner, make_live_session(owner, shop))
    start(owner, plan)
    promise(owner, plan)
    with pytest.raises(WitnessTaken):
        draws.promise_secret(actor=owner, draw_id=plan.pk, commitment="1" * 64, now=NOW)


@pytest.mark.parametrize(("role", "may_run", "may_witness"), [("control", True, True), ("operations", True, True), ("host", False, True), ("warehouse", False, False)])
def test_who_may_do_what_with_a_draw(owner, shop, role, may_run, may_witness):
    session = make_live_session(owner, shop)
    plan = draft(owner, session)
    someone = make_actor("sam", role, shop=shop)
    before = AuditRow.objects.count()
    if not may_run:
        for call in (
            lambda: draft(someone, session), lambda: start(someone, plan), lambda: draws.delete_draft(actor=someone, draw_id=plan.pk, now=NOW),
            lambda: draws.void_draw(actor=someone, draw_id=plan.pk, reason="x", now=NOW),
        ):  # fmt: skip
            with pytest.raises(AbilityMissing):
                call()
        assert (AuditRow.objects.count(), DrawPlan.objects.get().published_at) == (before, None)
        start(owner, plan)
    else:
        start(someone, plan)
    if may_witness:
        promise(someone, plan)
    else:
        with pytest.raises(AbilityMissing):
            promise(someone, plan)
    with connection.cursor() as cursor:
        assert len(room.witnesses_of(cursor, plan.pk)) == int(may_witness)


def test_another_shops_staff_find_no_draw(owner, shop):
    plan = draft(owner, make_live_session(owner, shop))
    stranger = make_actor("olga", "operations", shop=make_shop(code="other", name="别家"))
    for call in (lambda: start(stranger, plan), lambda: promise(stranger, plan), lambda: draw_queries.published_file(stranger, plan.pk)):
        with pytest.raises(DrawUnknown):
            call()
    plan.refresh_from_db()
    assert plan.published_at is None


# ── the beacon ─────────────────────────────────────────────────────────────────────────────────────────────────────

GENESIS = int(NOW.timestamp()) - 30_000


class FakeBeacon(http.server.BaseHTTPRequestHandler):
    """drand's HTTP interface: a pulse appears when its time has come."""

    now = NOW

    def do_GET(self):  # noqa: N802
        if self.path.endswith("/info"):
            return self.say({"hash": "52db9ba7", "genesis_time": GENESIS, "period": 3, "public_key": "…"})
        number = int(self.path.rsplit("/", 1)[1])
        if GENESIS + (number - 1) * 3 > type(self).now.timestamp():
            return self.send_error(404)
        signature = secret("pulse", number)
        return self.say({"round": number, "signature": signature, "randomness": sha256(bytes.fromhex(signature)).hexdigest()})

    def say(self, told):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_said):
        pass


@pytest.fixture
def beacon(settings):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), FakeBeacon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    from dataclasses import replace

    with override_settings(ENV=replace(settings.ENV, beacon_url=f"http://127.0.0.1:{server.server_address[1]}/52db9ba7")):
        yield FakeBeacon
    server.shutdown()
    server.server_close()


def test_with_a_beacon_the_round_is_named_at_the_freeze_and_awaited(owner, shop, beacon):
    plan = draft(owner, make_live_session(owner, shop))
    start(owner, plan)
    enter(plan, 5)
    frozen_at = NOW + timedelta(minutes=5)
    beacon.now = frozen_at
    assert draws.advance_draws(frozen_at) == 1
    assert draws.advance_draws(frozen_at + timedelta(seconds=90)) == 0  # the beacon has not spoken yet
    beacon.now = frozen_at + timedelta(seconds=90)
    assert draws.advance_draws(beacon.now) == 1
    _plan, told = draw_queries.published_file(owner, plan.pk)
    assert draw_proof.verify(told.encode()) == []
    assert json.loads(told)["rules"]["entropy"]["chain"] == "52db9ba7"


def test_a_beacon_that_is_away_starts_nothing(owner, shop, settings):
    from dataclasses import replace

    plan = draft(owner, make_live_session(owner, shop))
    with override_settings(ENV=replace(settings.ENV, beacon_url="http://127.0.0.1:1/52db9ba7")), pytest.raises(BeaconAway):
        start(owner, plan)
    plan.refresh_from_db()
    assert plan.published_at is None


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_pages_lead_from_the_draft_to_the_file(owner, shop):
    session = make_live_session(owner, shop)
    client = Client()
    client.force_login(make_person("cody", "control", shop=shop))
    base = f"/live/{session.pk}/draws"
    form = {
        "title": "整点抽奖", "organiser": "杭州某服饰有限公司", "contact": "", "eligibility": "everyone", "conditions": "人人可参与", "minutes_open": "5",
        "claim_hours": "48", "claim_how": "找客服", "delivery": "包邮", "forfeiture": "递补", "alternates": "2", "least_reveals": "1",
        "prize_name": ["羊绒围巾", ""], "prize_detail": ["驼色", ""], "prize_count": ["1", ""], "prize_value": ["399", ""],
    }  # fmt: skip
    assert client.get(f"{base}/new").status_code == 200
    assert client.post(f"{base}/new", form).status_code == 302
    plan = DrawPlan.objects.get()
    shown = client.get(base).content.decode()
    assert "法律要求的还没写全" in shown
    assert "联系方式" in shown
    assert client.post(f"{base}/{plan.pk}", form | {"contact": "0571-88880000"}).status_code == 302
    assert "法律要求的还没写全" not in client.get(base).content.decode()
    assert client.post(f"{base}/{plan.pk}/start").status_code == 302
    assert "报名中" in client.get(f"{base}/panel").content.decode()
    assert client.post(f"{base}/{plan.pk}/promise", {"commitment": "1" * 64}).status_code == 302
    assert "Cody" in client.get(base).content.decode()
    assert client.get(f"{base}/{plan.pk}/file").status_code == 404
    assert client.post(f"{base}/{plan.pk}/nonsense").status_code == 404
