"""
`require` refuses with the reason; `why` explains a verdict to the person who met it (the “why can't I?” page);
`visible` narrows a list to what the actor's shops hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from kaibo.kit.errors import Forbidden
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.wiring import wiring

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

M = TypeVar("M", bound="Model")


class AbilityMissing(Forbidden):
    code = "access.ability_missing"
    message_zh = "你没有“{ability_zh}”的权限。{way_out_zh}"
    message_en = "You may not “{ability_en}”. {way_out_en}"


class OtherShop(Forbidden):
    code = "access.other_shop"
    message_zh = "你在这个店铺没有“{ability_zh}”的权限，只在你负责的店铺里有"
    message_en = "You may “{ability_en}”, but not in this shop"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether, and why. `granting_roles` are the role keys that would have allowed it."""

    is_allowed: bool
    ability: str
    ability_zh: str
    ability_en: str
    reason_zh: str
    reason_en: str
    granting_roles: tuple[str, ...]


def require(actor: Actor, ability: str, *, shop_id: UUID | None = None) -> None:
    """
    This function will let the actor pass or refuse with the reason. It is the first line of every service.

    Raises: AbilityMissing, OtherShop.   Source: TEAM-1.
    """
    if actor.can(ability, shop_id=shop_id):
        return
    verdict = why(actor, ability, shop_id=shop_id)
    if actor.shops_for(ability):
        raise OtherShop(ability=ability, ability_zh=verdict.ability_zh, ability_en=verdict.ability_en, reason=verdict.reason_zh)
    raise AbilityMissing(
        ability=ability, ability_zh=verdict.ability_zh, ability_en=verdict.ability_en, reason=verdict.reason_zh,
        way_out_zh=verdict.reason_zh, way_out_en=verdict.reason_en,
    )


def visible(queryset: QuerySet[M], actor: Actor, field: str = "shop", *, shop_id: UUID | None = None) -> QuerySet[M]:
    """
    This function will narrow rows to those of the actor's shops, or of the one shop chosen among them.

    `field` leads from the row to its shop. A row without a shop is seen only by those who see all shops; a shop that is not
    the actor's gives nothing.   Source: TEAM-1.
    """
    if shop_id is not None:
        return queryset.filter(**{field: shop_id}) if actor.sees(shop_id) else queryset.none()
    if actor.is_kaibo or actor.sees_all_shops:
        return queryset
    return queryset.filter(**{f"{field}__in": actor.shop_ids})


def why(actor: Actor, ability: str, *, shop_id: UUID | None = None) -> Verdict:
    """This function will explain whether the actor may do this, which roles may, and whom to ask."""
    known = wiring().abilities().get(ability)
    zh, en = (known.zh, known.en) if known else (ability, ability)
    roles = roles_having(ability)
    if actor.can(ability, shop_id=shop_id):
        return Verdict(True, ability, zh, en, "可以", "Allowed", roles)
    if actor.shops_for(ability):
        return Verdict(False, ability, zh, en, "你只在自己负责的店铺里有这个权限", "You have this only in your own shops", roles)
    named = "、".join(ROLE_TITLES.get(role, (role, role))[0] for role in roles) or "店长"
    named_en = ", ".join(ROLE_TITLES.get(role, (role, role))[1] for role in roles) or "owner"
    return Verdict(False, ability, zh, en, f"需要角色：{named}；可请店长授权", f"Needs one of the roles: {named_en}; ask the owner", roles)


def roles_having(ability: str) -> tuple[str, ...]:
    """This function will list the role keys whose defaults hold an ability."""
    return tuple(
        role for role in ROLE_TITLES
        if any(ability in stage.roles.get(role, ()) for stage in wiring().manifests) or role == "owner"
    )


ROLE_TITLES: dict[str, tuple[str, str]] = {
    "selection": ("选品", "Selection"),
    "quality": ("品控", "Quality"),
    "compliance": ("合规", "Compliance"),
    "operations": ("运营", "Operations"),
    "host": ("主播", "Host"),
    "control": ("场控", "Control desk"),
    "technician": ("技术", "Technician"),
    "service": ("客服", "Service"),
    "warehouse": ("仓配", "Warehouse"),
    "analyst": ("数据", "Analyst"),
    "owner": ("店长", "Owner"),
}
"""The roles of DESIGN §1, in the order of the flow: key → (中文, English). The owner has every ability."""
