"""The words pages use for what `rules` names."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kaibo.stages.showplan.rules import EquipmentKind, SegmentKind, SessionState

STATE_TITLES: dict[str, Promise] = {
    SessionState.DRAFT.value: _("编排中"),
    SessionState.READY.value: _("就绪"),
    SessionState.LIVE.value: _("直播中"),
    SessionState.ENDED.value: _("已结束"),
    SessionState.CANCELLED.value: _("已取消"),
}
STATE_PILLS = {"draft": "", "ready": "ok", "live": "live", "ended": "note", "cancelled": "warn"}

EQUIPMENT_TITLES: dict[str, Promise] = {
    EquipmentKind.CAMERA.value: _("摄像机"),
    EquipmentKind.MICROPHONE.value: _("麦克风"),
    EquipmentKind.LIGHTS.value: _("灯光"),
    EquipmentKind.NETWORK.value: _("网络"),
    EquipmentKind.COMPUTER.value: _("电脑"),
    EquipmentKind.SOFTWARE.value: _("直播软件"),
    EquipmentKind.MIXER.value: _("调音台"),
}
SEGMENT_TITLES: dict[str, Promise] = {
    SegmentKind.PRODUCT.value: _("商品"),
    SegmentKind.OPENING.value: _("开场"),
    SegmentKind.DRAW.value: _("抽奖"),
    SegmentKind.INTERACTION.value: _("互动"),
    SegmentKind.TRIAL.value: _("试穿体验"),
    SegmentKind.BREAK.value: _("休息"),
    SegmentKind.CLOSING.value: _("收尾"),
}


def equipment_title(kind: EquipmentKind) -> Promise:
    return EQUIPMENT_TITLES[kind.value]
