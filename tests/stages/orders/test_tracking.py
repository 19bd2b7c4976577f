"""Parcels followed through both trackers over real HTTP: scans verbatim, patience by stage, an owner, a deadline, pushes that prove themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from kaibo.channels.track_kuaidi100.channel import KIND as KUAIDI100
from kaibo.kit.errors import Forbidden
from kaibo.kit.shop_complaints import ShopSettingWrong, ShopSignatureRefused
from kaibo.kit.trackers import Asked, Stage
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.thresholds import thresholds
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.server import Server
from kaibo.simulator.trackers import Kdniao, Kuaidi100, Roads
from kaibo.stages.orders import shipping, tracking
from kaibo.stages.orders.models import ParcelTrack, TrackerAccount, TrackStep
from kaibo.stages.orders.rules import predicted_late
from tests.make.orders import NOW, make_paid_order
from tests.make.people import make_actor, make_person, make_shop

pytestmark = pytest.mark.django_db
SF = "SF1234567890123"
SECRET = "key of the tests"
AT = int(NOW.timestamp())


class Road:
    """A simulated tracker, our account there, and one parcel that was sent."""

    def __init__(self, kind, **chaos):
        self.roads = Roads(AT)
        self.tracker = {"kuaidi100": Kuaidi100, "kdniao": Kdniao}[kind](self.roads, Chaos.of(3, chaos), SECRET)
        self.server = Server({kind: self.tracker}).start()
        self.given = self.tracker.account(self.server.address_of(kind))
        tracking.connect(actor=KAIBO, key=kind, given=self.given, is_on=True, now=NOW)
        order = make_paid_order()
        self.order = order
        self.shipment = shipping.ship_order(actor=KAIBO, order_id=order.pk, carrier="顺丰速运", tracking_no=SF, now=NOW)

    def now(self):
        return datetime.fromtimestamp(self.roads.now, UTC)

    def pass_hours(self, hours):
        self.roads.now += round(hours * 3600)
        return tracking.follow_due(self.now())

    @property
    def track(self):
        return ParcelTrack.objects.get()


@pytest.fixture
def road(request, shop):
    made = []

    def make(kind="kuaidi100", **chaos):
        made.append(Road(kind, **chaos))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


@pytest.mark.parametrize("kind", ["kuaidi100", "kdniao"])
def test_a_parcel_is_followed_to_the_door_with_every_scan_as_the_courier_wrote_it(road, kind):
    one = road(kind)
    one.pass_hours(0)
    assert (one.track.stage, one.track.is_over) == ("none", False)
    for _ in range(10):
        one.pass_hours(4.1)
    assert (one.track.stage, one.track.is_over, one.track.trouble) == ("delivered", True, "")
    assert list(TrackStep.objects.order_by("at").values_list("words", flat=True)) == [words for _, _, words in one.roads.scans[SF]]
    one.order.refresh_from_db()
    assert one.order.state == "delivered"
    calls = sum(one.tracker.calls.values())
    one.pass_hours(50)
    assert sum(one.tracker.calls.values()) == calls  # what has arrived is asked about no more


@pytest.mark.parametrize(
    ("scans", "hours", "trouble"),
    [
        ([], 25, "not_picked_up"), ([], 23, ""),
        (["picked_up"], 25, "stalled"), (["picked_up", "in_transit"], 47, ""), (["picked_up", "in_transit"], 49, "stalled"),
        (["in_transit", "delivering"], 25, "delivery_slow"), (["in_transit", "delivering"], 20, ""),
        (["in_transit", "trouble"], 0, "exception"), (["in_transit", "rejected"], 0, "coming_back"), (["delivered", "returning"], 0, "coming_back"),
    ],
)  # fmt: skip
def test_each_stage_has_its_own_patience(road, scans, hours, trouble):
    one = road()
    one.roads.scans[SF] = []
    for place, what in enumerate(scans):
        one.roads.scan(SF, what, f"{place} {what}", AT + place + 1)
    one.roads.now += len(scans) + 1
    one.pass_hours(0)
    one.pass_hours(hours)
    assert one.track.trouble == trouble
    if trouble:
        assert one.track.due_at == one.track.trouble_at + timedelta(hours=24)


def test_the_patience_of_a_stage_is_a_setting(road, owner):
    one = road()
    one.roads.scans[SF] = []
    thresholds.change(actor=owner, key="orders.pickup_hours", new_value=3, now=NOW)
    one.pass_hours(4)
    assert one.track.trouble == "not_picked_up"


def test_a_parcel_that_moves_again_is_no_trouble_and_one_that_stops_again_is(road):
    one = road()
    one.roads.scans[SF] = []
    one.pass_hours(30)
    tracking.settle(actor=KAIBO, shipment_id=one.shipment.pk, note="快递说今天揽收", now=one.now())
    one.roads.scan(SF, "picked_up", "已揽收")
    one.pass_hours(5)
    assert (one.track.trouble, one.track.settled_at, one.track.stage) == ("", None, "picked_up")
    one.pass_hours(26)
    assert (one.track.trouble, one.track.settled_at) == ("stalled", None)


def test_a_push_proves_itself_moves_the_parcel_once_and_an_older_one_does_not_move_it_back(road, client):
    one = road()
    one.roads.scans[SF] = [(AT + 60, "picked_up", "已揽收")]
    one.pass_hours(1)
    assert one.roads.subscribed[SF]["parameters"]["callbackurl"].endswith("/orders/track/kuaidi100/push")
    assert one.roads.subscribed[SF]["parameters"]["phone"] == "5678"
    older = one.tracker.push(SF)
    one.roads.scan(SF, "delivering", "派送中")
    newer = one.tracker.push(SF)
    address = reverse("orders:track-push", args=["kuaidi100"])

    def post(form):
        return client.post(address, urlencode(form), content_type="application/x-www-form-urlencoded")

    assert post({**newer, "sign": "0" * 32}).status_code == 403
    assert (one.track.stage, TrackStep.objects.count()) == ("picked_up", 1)
    assert post(newer).json() == {"result": True, "returnCode": "200", "message": "成功"}
    assert post(newer).status_code == 200 and post(older).status_code == 200
    assert (one.track.stage, TrackStep.objects.count()) == ("out_for_delivery", 2)


def test_a_tracker_that_is_away_is_said_and_asked_again_and_a_wrong_key_is_named(road, monkeypatch):
    monkeypatch.setattr("kaibo.channels.asking.Pace.back_off", lambda self, seconds: None)
    one = road(broken=100)
    one.pass_hours(1)
    assert "没有回应" in TrackerAccount.objects.get().trouble_zh and one.track.failures == 1
    one.tracker.chaos.broken = 0
    one.pass_hours(3)
    assert (TrackerAccount.objects.get().trouble_zh, one.track.stage) == ("", "none")
    with pytest.raises(ShopSignatureRefused):
        KUAIDI100.make({**one.given, "key": "another"}).track(Asked(SF, "shunfeng", "5678"), now=NOW)
    with pytest.raises(ShopSettingWrong):
        tracking.connect(actor=KAIBO, key="kuaidi100", given={**one.given, "gateway": "ftp://x"}, is_on=True, now=NOW)


def test_an_unknown_state_is_on_its_way_never_delivered(road):
    one = road()
    monkey = dict(Kuaidi100.STATE, delivered="99")
    one.tracker.STATE.update(monkey)
    try:
        one.roads.scans[SF] = [(AT, "delivered", "某种新状态")]
        one.pass_hours(0)
    finally:
        one.tracker.STATE["delivered"] = "3"
    assert one.track.stage == Stage.IN_TRANSIT.value


def test_the_page_shows_what_stands_still_and_only_who_may_takes_it_on(road, client, monkeypatch):
    one = road()
    monkeypatch.setattr("kaibo.console.middleware.utc_now", one.now)
    one.roads.scans[SF] = []
    one.pass_hours(30)
    client.force_login(make_person("qing", "service"))
    page = client.get(reverse("orders:parcels")).content.decode()
    assert "迟迟没有揽收" in page and SF in page and SECRET not in page and "物流查询账号" not in page
    client.post(reverse("orders:track-take", args=[one.shipment.pk]), {"hours": "6"})
    assert (one.track.owner_name, one.track.due_at) == ("Qing", one.now() + timedelta(hours=6))
    client.force_login(make_person("zhu", "host"))
    assert client.post(reverse("orders:track-take", args=[one.shipment.pk]), {"hours": "6"}).status_code == 403
    assert client.post(reverse("orders:track-settle", args=[one.shipment.pk]), {"reason": "x"}).status_code == 403
    assert client.post(reverse("orders:connect-tracker", args=["kdniao"]), {"business_id": "1", "app_key": "2", "on": "1"}).status_code == 403
    assert (one.track.owner_name, one.track.settled_at, TrackerAccount.objects.count()) == ("Qing", None, 1)
    with pytest.raises(tracking.TrackUnknown):
        tracking.settle(actor=make_actor("ling", "service", shop=make_shop("b", "别家")), shipment_id=one.shipment.pk, note="x", now=NOW)
    client.force_login(make_person("yun", "operations"))
    page = client.get(reverse("orders:parcels")).content.decode()
    assert "物流查询账号" in page and SECRET not in page
    client.post(reverse("orders:track-settle", args=[one.shipment.pk]), {"reason": "快递补揽"})
    standing, settled = client.get(reverse("orders:parcels")).content.decode().split("一天内处理好的")
    assert "迟迟没有揽收" not in standing
    assert "快递补揽" in settled
    assert "还没有揽收" in client.get(reverse("orders:order", args=[one.order.pk])).content.decode()


def test_only_the_manager_connects_a_tracker(road):
    one = road()
    with pytest.raises(Forbidden):
        tracking.connect(actor=make_actor("cang", "warehouse"), key="kuaidi100", given=one.given, is_on=False, now=NOW)
    assert TrackerAccount.objects.get().is_on


@pytest.mark.parametrize(
    ("due", "per_hour", "late"),
    [([(0, 0), (4, 10), (8, 30)], 5, 0), ([(0, 3), (4, 10)], 5, 3), ([(0, 0), (4, 25), (8, 30)], 5, 5), ([(0, 0), (4, 8)], 0, 8), ([], 3, 0)],
)
def test_who_will_be_late_at_this_pace(due, per_hour, late):
    assert predicted_late(due, per_hour) == late


def test_while_nobody_looks_a_parcel_is_not_called_late(road):
    one = road()
    tracking.connect(actor=KAIBO, key="kuaidi100", given={}, is_on=False, now=NOW)
    one.pass_hours(200)
    assert not ParcelTrack.objects.exclude(trouble="").exists()
