"""Trouble in the example shop: playbooks, a drill last week, a real break of the picture six days ago and its report."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from kaibo.demo.cast import actor
from kaibo.kit.clock import business_date
from kaibo.stages.live.models import Incident, Playbook
from kaibo.stages.live.services import incidents, playbooks
from kaibo.stages.live.services.incidents import FollowUp


def ready_playbooks(shop_id: UUID, now: datetime) -> None:
    """This function will write the playbooks and practise one of them on a quiet afternoon."""
    playbooks.propose_playbooks(actor=actor("hemu"), shop_id=shop_id, now=now - timedelta(days=12))
    then = now - timedelta(days=8, hours=4)
    control = actor("zhouzhou")
    drill = incidents.start_drill(actor=control, shop_id=shop_id, playbook_id=_playbook(shop_id, "network").pk, key=f"example-{uuid4()}", now=then)
    incidents.tell_of_incident(
        actor=control, incident_id=drill.pk, text="网络有点卡，我们正在切换线路，已抢的订单不受影响。", key=f"tell-{uuid4()}", now=then + timedelta(seconds=41)
    )
    _tick(drill, then, (24, 40, 71, 160, 222))
    incidents.end_incident(
        actor=control, incident_id=drill.pk, cause="季度演练：拔掉主线路", lesson="主播等场控示意等了 11 秒：提词器上的演练提示要更醒目",
        follow_ups=[FollowUp("备用 4G 路由放到导播台抽屉里", "陆鸣", business_date(then) + timedelta(days=3))], key=f"example-{uuid4()}", now=then + timedelta(minutes=6),
    )  # fmt: skip


def break_the_picture(shop_id: UUID, session_id: UUID, then: datetime) -> None:
    """This function will let the camera fail in a live session: told to viewers, worked off, concluded."""
    control = actor("zhouzhou")
    incidents.start_incident(
        actor=control, session_id=session_id, playbook_id=_playbook(shop_id, "device").pk, is_drill=False, key=f"example-{uuid4()}", now=then
    )
    running = Incident.objects.get(session=session_id, ended_at=None)
    incidents.tell_of_incident(
        actor=control, incident_id=running.pk, text="设备正在调整，马上回来，已抢的订单都在，请别走开。", key=f"tell-{uuid4()}", now=then + timedelta(seconds=38)
    )
    _tick(running, then, (9, 27, 40, 131, 540))
    incidents.end_incident(
        actor=control, incident_id=running.pk, cause="机位 1 的 HDMI 线接触不良，画面黑了 27 秒", lesson="开播前签字要加一项：轻拉每根线",
        follow_ups=[
            FollowUp("HDMI 线换成带锁扣的", "陆鸣", business_date(then) + timedelta(days=2)),
            FollowUp("设备签字单加“线缆拉拔”一项", "何沐", business_date(then) + timedelta(days=4)),
        ], key=f"example-{uuid4()}", now=then + timedelta(minutes=10),
    )  # fmt: skip


def _playbook(shop_id: UUID, kind: str) -> Playbook:
    return Playbook.objects.get(shop=shop_id, kind=kind)


def _tick(incident: Incident, then: datetime, seconds: tuple[int, ...]) -> None:
    by_role = {"control": "zhouzhou", "technician": "luming", "host": "linxia", "operations": "hemu", "service": "qiuyu"}
    for step, after in zip(incident.steps.order_by("place"), seconds, strict=True):
        incidents.tick_step(actor=actor(by_role[step.role]), incident_id=incident.pk, place=step.place, now=then + timedelta(seconds=after))
