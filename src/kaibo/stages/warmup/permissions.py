"""Who may warm up a session."""

from __future__ import annotations

from collections.abc import Mapping

from kaibo.plumbing.wiring import Ability

CAMPAIGN_SEE = "warmup:campaign:see"
ANNOUNCEMENT_WRITE = "warmup:announcement:write"
ANNOUNCEMENT_PUBLISH = "warmup:announcement:publish"
LINK_MAKE = "warmup:link:make"

ABILITIES = (
    Ability(CAMPAIGN_SEE, "查看预热", "see warm-ups"),
    Ability(ANNOUNCEMENT_WRITE, "写预告", "write announcements"),
    Ability(ANNOUNCEMENT_PUBLISH, "发布预告", "publish announcements"),
    Ability(LINK_MAKE, "建推广链接", "make tracked links"),
)
ROLES: Mapping[str, tuple[str, ...]] = {
    "operations": (CAMPAIGN_SEE, ANNOUNCEMENT_WRITE, ANNOUNCEMENT_PUBLISH, LINK_MAKE, "compliance:text:screen"),
    "control": (CAMPAIGN_SEE, ANNOUNCEMENT_WRITE, LINK_MAKE, "compliance:text:screen"),
    "host": (CAMPAIGN_SEE,),
    "compliance": (CAMPAIGN_SEE,),
    "analyst": (CAMPAIGN_SEE,),
}
