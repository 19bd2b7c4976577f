"""Who may do what with sessions."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.plumbing.wiring import Ability

SESSION_SEE = "showplan:session:see"
SESSION_PLAN = "showplan:session:plan"
DUTY_CONFIRM = "showplan:duty:confirm"
EQUIPMENT_SIGN = "showplan:equipment:sign"
STREAM_KEY = "showplan:stream:key"
OVERRIDE_ASK = "showplan:override:ask"
OVERRIDE_CONFIRM = "showplan:override:confirm"

ABILITIES = (
    Ability(SESSION_SEE, "查看场次", "see sessions"),
    Ability(SESSION_PLAN, "编排场次与流程单", "plan sessions and their run of show"),
    Ability(DUTY_CONFIRM, "确认自己的场次岗位", "confirm one's own duty in a session"),
    Ability(EQUIPMENT_SIGN, "检查设备并签字", "check equipment and sign"),
    Ability(STREAM_KEY, "取推流码", "get the stream keys of a session"),
    Ability(OVERRIDE_ASK, "申请开播闸门放行", "ask for a red opening gate to be let through"),
    Ability(OVERRIDE_CONFIRM, "确认开播闸门放行", "confirm that a red opening gate is let through"),
)
ROLES: Mapping[str, tuple[str, ...]] = {
    "operations": (SESSION_SEE, SESSION_PLAN, DUTY_CONFIRM, EQUIPMENT_SIGN, STREAM_KEY, OVERRIDE_ASK, OVERRIDE_CONFIRM),
    "control": (SESSION_SEE, SESSION_PLAN, DUTY_CONFIRM, EQUIPMENT_SIGN, STREAM_KEY, OVERRIDE_ASK),
    "technician": (SESSION_SEE, DUTY_CONFIRM, EQUIPMENT_SIGN, STREAM_KEY, OVERRIDE_ASK),
    "host": (SESSION_SEE, DUTY_CONFIRM),
    "service": (SESSION_SEE, DUTY_CONFIRM),
    "selection": (SESSION_SEE,),
    "quality": (SESSION_SEE,),
    "compliance": (SESSION_SEE, OVERRIDE_ASK, OVERRIDE_CONFIRM),
    "warehouse": (SESSION_SEE,),
    "analyst": (SESSION_SEE,),
}
