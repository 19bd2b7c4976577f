"""Contingency playbooks 应急预案: kinds, proposed steps, clocks and the report's figures. Pure.   Source: LIV-8."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kaibo.kit.errors import Conflict, Invalid

MOST_STEPS = 12
LONGEST_SECONDS = 3600


class TroubleKind(StrEnum):
    """What can go wrong on air."""

    DEVICE = "device"
    NETWORK = "network"
    UNWELL = "unwell"
    CONDUCT = "conduct"
    COMPLAINT = "complaint"


class PlaybookEmpty(Invalid):
    code = "live.playbook_empty"
    message_zh = "预案至少要有一步，每步写明谁、做什么、多少秒内"
    message_en = "A playbook has at least one step; each says who does what within how many seconds"


class StepUnreadable(Invalid):
    code = "live.step_unreadable"
    message_zh = "第 {place} 步读不懂：{why_zh}"
    message_en = "Step {place} cannot be read: {why}"


class IncidentOpen(Conflict):
    code = "live.incident_open"
    message_zh = "“{title}”正在处理中（{who} 启动），先结束它"
    message_en = "“{title}” is still running ({who} started it); end it first"


class IncidentOver(Conflict):
    code = "live.incident_over"
    message_zh = "这次应急已经结束"
    message_en = "This incident is over"


class IncidentUnknown(Conflict):
    code = "live.incident_unknown"
    message_zh = "没有这次应急或演练，或你看不到它"
    message_en = "There is no such incident or drill, or you cannot see it"


class PlaybookUnknown(Conflict):
    code = "live.playbook_unknown"
    message_zh = "没有这个预案，或已停用"
    message_en = "There is no such playbook, or it is out of use"


class StepTicked(Conflict):
    code = "live.step_ticked"
    message_zh = "{who} 已经勾过这一步"
    message_en = "{who} has ticked this step already"


class PlaybookTitleTaken(Conflict):
    code = "live.playbook_title_taken"
    message_zh = "已有叫“{title}”的预案"
    message_en = "A playbook “{title}” is there already"


@dataclass(frozen=True, slots=True)
class Step:
    """Who does what, within how many seconds of the start."""

    role: str
    text: str
    within_seconds: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A playbook as it is proposed to a shop that has none."""

    kind: TroubleKind
    title: str
    announcement: str
    steps: tuple[Step, ...]


PROPOSED: tuple[Draft, ...] = (
    Draft(
        TroubleKind.DEVICE, "设备故障", "设备正在调整，马上回来，已抢的订单都在，请别走开。",
        (
            Step("control", "确认坏的是什么：画面、声音还是灯光", 15),
            Step("technician", "切到备用流，换上备用机位或备用麦克风", 30),
            Step("control", "发公告安抚观众", 45),
            Step("host", "画面恢复后先致歉，重讲刚才没听到的卖点和价格", 120),
            Step("technician", "查出原因并写下，坏的设备贴封条", 600),
        ),
    ),
    Draft(
        TroubleKind.NETWORK, "断网卡顿", "网络有点卡，我们正在切换线路，已抢的订单不受影响。",
        (
            Step("technician", "看推流码率与丢帧，切到备用线路或备用流", 30),
            Step("control", "暂停秒杀与抽奖，发公告", 45),
            Step("host", "语速放慢，等场控示意后再报价", 60),
            Step("technician", "确认画面稳定 1 分钟", 180),
            Step("control", "把没讲完的一段重讲或顺延，重排后面", 240),
        ),
    ),
    Draft(
        TroubleKind.UNWELL, "主播身体不适", "主播需要休息一下，由搭档继续为大家讲解。",
        (
            Step("control", "提词：请搭档接话，示意主播离开镜头", 15),
            Step("host", "搭档上场，从当前商品的价格和余量讲起", 60),
            Step("operations", "陪同主播，必要时拨打 120", 120),
            Step("control", "发公告，跳过必须本人讲的段落", 180),
        ),
    ),
    Draft(
        TroubleKind.CONDUCT, "主播失控或说错话", "刚才的说法不准确，以商品页面为准，我们向大家说明。",
        (
            Step("control", "提词：停。切到备用画面", 10),
            Step("operations", "换搭档上场，当事人离开直播间", 60),
            Step("control", "下架说错的商品，核对价格与配额", 90),
            Step("operations", "发更正公告；涉及价格或功效的，合规确认后再发", 180),
            Step("service", "备好统一答复，答复公屏与私信", 300),
        ),
    ),
    Draft(
        TroubleKind.COMPLAINT, "观众集中投诉", "大家反映的问题已经收到，客服正在逐一联系，稍后公布处理办法。",
        (
            Step("service", "收集投诉原话与订单，归成一类", 60),
            Step("control", "发公告，说明谁在处理、什么时候答复", 90),
            Step("host", "不争辩，致歉并请大家联系客服", 120),
            Step("operations", "决定处理办法：补发、退款或下架", 600),
            Step("service", "逐一回访，登记为售后单", 1800),
        ),
    ),
)  # fmt: skip


def check_steps(steps: Sequence[Step], *, roles: Sequence[str]) -> None:
    """This function will refuse steps nobody can follow.   Raises: PlaybookEmpty, StepUnreadable."""
    if not steps or len(steps) > MOST_STEPS:
        raise PlaybookEmpty
    for place, one in enumerate(steps, start=1):
        if one.role not in roles:
            raise StepUnreadable(place=place, why="no such role", why_zh="没有这个岗位")
        if not one.text.strip():
            raise StepUnreadable(place=place, why="it says nothing", why_zh="没有写做什么")
        if not 1 <= one.within_seconds <= LONGEST_SECONDS:
            raise StepUnreadable(place=place, why=f"1 to {LONGEST_SECONDS} seconds", why_zh=f"秒数要在 1 至 {LONGEST_SECONDS} 之间")


@dataclass(frozen=True, slots=True)
class Ticked:
    """A step as it was done: late when after its time, missed when never."""

    due_at: datetime
    done_at: datetime | None

    @property
    def late_seconds(self) -> int:
        return max(int((self.done_at - self.due_at).total_seconds()), 0) if self.done_at else 0


@dataclass(frozen=True, slots=True)
class Score:
    """How well a playbook was followed."""

    steps: int
    done: int
    in_time: int
    latest_seconds: int

    @property
    def in_time_percent(self) -> int:
        return self.in_time * 100 // self.steps if self.steps else 0


def score(steps: Sequence[Ticked]) -> Score:
    """This function will count what was done and what was done in time."""
    done = [one for one in steps if one.done_at]
    return Score(
        len(steps), len(done), sum(one.late_seconds == 0 for one in done), max((one.late_seconds for one in done), default=0)
    )
