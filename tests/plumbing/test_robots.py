"""Notices into groups over real HTTP: three companies, their signatures and limits, repeats kept quiet, nothing lost, nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from kaibo.kit.errors import Forbidden
from kaibo.kit.robots import clipped
from kaibo.kit.shop_complaints import ShopSettingWrong
from kaibo.plumbing.access.actor import KAIBO
from kaibo.plumbing.audit.models import AuditRow
from kaibo.plumbing.notices import notices
from kaibo.plumbing.robots import robots
from kaibo.plumbing.robots.models import Robot, RobotMessage
from kaibo.simulator.chaos import Chaos
from kaibo.simulator.robots import Dingtalk, Feishu, Wecom
from kaibo.simulator.server import Server
from tests.make.people import make_actor, make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GROUPS = {"wecom": Wecom, "dingtalk": Dingtalk, "feishu": Feishu}
KEY, SECRET = "key-of-the-group", "SECtest0001"


class Room:
    """A simulated group and our robot in it."""

    def __init__(self, kind, *, topics=tuple(robots.TOPICS), quiet=30, **chaos):
        self.kind = kind
        self.group = GROUPS[kind](Chaos.of(5, chaos), KEY, "" if kind == "wecom" else SECRET, int(NOW.timestamp()))
        self.server = Server({kind: self.group}).start()
        self.given = {"webhook": self.group.address(self.server.address_of(kind)), "secret": self.group.secret}
        self.robot = robots.connect(actor=KAIBO, kind=kind, name="值班群", given=self.given, topics=topics, quiet_minutes=quiet, now=NOW)

    def note(self, number, seconds=0):
        self.group.now = int(NOW.timestamp()) + seconds
        return robots.note(key=f"risk:new:{number}", title=f"舆情第 {number} 条", href="/risk/", now=NOW + timedelta(seconds=seconds))

    def send(self, seconds=0):
        self.group.now = int(NOW.timestamp()) + seconds
        return robots.send_due(NOW + timedelta(seconds=seconds))

    def told(self):
        return json.dumps(self.group.said, ensure_ascii=False)


@pytest.fixture
def room():
    made = []

    def make(kind="wecom", **how):
        made.append(Room(kind, **how))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


@pytest.mark.parametrize("kind", sorted(GROUPS))
def test_an_alert_reaches_the_group_once_signed_as_the_company_wants(room, kind):
    one = room(kind)
    one.note(1)
    assert (one.send(), one.send()) == (1, 0)
    assert len(one.group.said) == 1 and "舆情第 1 条" in one.told() and "/risk/" in one.told()
    assert RobotMessage.objects.get().state == "sent"


@pytest.mark.parametrize("kind", sorted(GROUPS))
def test_a_burst_keeps_to_the_limit_by_one_digest_and_nothing_is_lost(room, kind):
    one = room(kind)
    for number in range(150):
        one.note(number)
    for seconds in (0, 12, 24, 36):
        one.send(seconds)
    limit = robots.robot_kinds()[kind].per_minute
    assert len(one.group.said) <= limit - robots.SPARE
    assert all(f"舆情第 {number} 条" in one.told() for number in (0, 1, 50, 60)) and one.group.muted_until == 0
    assert not RobotMessage.objects.exclude(state__in=["sent", "merged"]).exists()
    one.note(999, 61)
    assert one.send(61) == 1


def test_the_same_alert_is_quiet_for_a_while_and_counted(room):
    one = room()
    assert [one.note(1), one.note(1, 60), one.note(1, 1_799)] == [1, 0, 0]
    one.send(1_799)
    assert len(one.group.said) == 1 and "期间又发生 2 次" in one.told()
    assert one.note(1, 1_801) == 1


def test_a_group_hears_only_what_it_wants_and_only_while_it_is_on(room):
    one = room(topics=("stock",))
    assert one.note(1) == 0
    assert robots.note(key="line:sku:20261122", title="库存低于一半", href="/supply/", now=NOW) == 1
    robots.connect(actor=KAIBO, kind="wecom", name="", given={}, topics=("stock",), quiet_minutes=0, now=NOW, is_on=False, robot_id=one.robot.pk)
    assert robots.note(key="line:other", title="x", href="", now=NOW) == 0
    assert one.send() == 0


def test_what_people_are_told_the_group_hears_in_the_same_transaction(room):
    one = room()
    person = make_person("yun", "operations")
    notices.tell([person.pk], key="risk:overdue:1", title="舆情超时未答复：%(text)s", values={"text": "掉色"}, now=NOW, href="/risk/1")
    notices.tell([person.pk], key="duty:1", title="请确认你的岗位", now=NOW)
    one.send()
    assert "舆情超时未答复：掉色" in one.told() and len(one.group.said) == 1


@pytest.mark.parametrize(("kind", "broken"), [("wecom", True), ("feishu", True)])
def test_a_company_that_is_away_is_asked_again_and_then_said_once(room, kind, broken):
    one = room(kind, broken=100)
    one.note(1)
    assert one.send() == 0
    one.robot.refresh_from_db()
    assert RobotMessage.objects.get().state == "waiting" and "没有回应" in one.robot.trouble_zh
    one.group.chaos.broken = 0
    assert one.send(5) == 0
    assert one.send(60) == 1
    one.robot.refresh_from_db()
    assert (one.robot.trouble_zh, len(one.group.said)) == ("", 1)


def test_others_who_used_up_the_limit_make_us_wait_and_a_wrong_key_is_final(room):
    one = room()
    one.group.times = [int(NOW.timestamp())] * 20
    one.note(1)
    assert one.send() == 0 and RobotMessage.objects.get().state == "waiting"
    assert one.send(70) == 1
    one.group.key = "another"
    one.note(2, 80)
    assert one.send(80) == 0
    one.robot.refresh_from_db()
    assert RobotMessage.objects.order_by("pk").last().state == "dead" and "93000" in one.robot.trouble_zh
    assert KEY not in one.robot.trouble_zh


def test_a_manager_adds_a_robot_on_the_page_tests_it_and_never_sees_its_address_again(room, client):
    one = room()
    Robot.objects.all().delete()
    client.force_login(make_person("alice", "owner"))
    client.post(reverse("robots:connect", args=["wecom"]), {"name": "发货群", "webhook": one.given["webhook"], "topics": ["parcels", "risk"], "quiet": "10"})
    robot = Robot.objects.get()
    assert (robot.name, robot.topics, robot.quiet_minutes) == ("发货群", ["parcels", "risk"], 10)
    assert client.post(reverse("robots:test", args=[robot.pk])).status_code == 302
    assert "测试通知" in one.told()
    page = client.get(reverse("robots:list")).content.decode()
    assert "发货群" in page and KEY not in page
    one.group.key = "another"
    answer = client.post(reverse("robots:test", args=[robot.pk]))
    assert answer.status_code == 409 and "93000" in answer.content.decode()
    assert set(AuditRow.objects.values_list("deed", flat=True)) >= {"robots:robot:connect", "robots:robot:test"}


def test_nobody_else_adds_or_tests_one(room, client):
    one = room()
    client.force_login(make_person("cang", "warehouse"))
    assert client.get(reverse("robots:list")).status_code == 403
    assert client.post(reverse("robots:test", args=[one.robot.pk])).status_code == 403
    assert client.post(reverse("robots:change", args=[one.robot.pk]), {"on": "0"}).status_code == 403
    with pytest.raises(Forbidden):
        robots.connect(actor=make_actor("qing", "service"), kind="wecom", name="", given=one.given, topics=(), quiet_minutes=0, now=NOW)
    with pytest.raises(ShopSettingWrong):
        robots.connect(actor=KAIBO, kind="wecom", name="", given={"webhook": "file:///etc/passwd"}, topics=(), quiet_minutes=0, now=NOW)
    one.robot.refresh_from_db()
    assert (Robot.objects.count(), one.robot.is_on, one.group.said) == (1, True, [])


def test_a_text_is_cut_between_characters():
    assert clipped("开播" * 10, 13) == "开播开…" and clipped("开播", 6) == "开播"
