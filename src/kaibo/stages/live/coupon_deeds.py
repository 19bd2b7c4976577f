"""What the desk's keys for coupons do: each deed reads its form and makes one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from kaibo.kit.coupons import CouponTerms
from kaibo.kit.money import fen_from_text
from kaibo.plumbing.access.actor import Actor
from kaibo.stages.live.coupon_rules import CouponDraft, CouponTermsWrong
from kaibo.stages.live.deeds import Act, id_of, whole
from kaibo.stages.live.models import DeskAction
from kaibo.stages.live.rules import ItemGone
from kaibo.stages.live.services import coupons


def draft_of(posted: QueryDict) -> CouponDraft:
    """This function will read a coupon's form.   Raises: NotMoney, NotANumber, CouponTermsWrong, ItemGone."""
    threshold = _fen(posted, "threshold") or 0
    if posted.get("way") == "percent":
        bp = _fen(posted, "percent")  # two decimals of a percent are basis points, as two of a yuan are fen
        terms = CouponTerms(off_bp=bp, cap_fen=_fen(posted, "cap"), threshold_fen=threshold)
    else:
        terms = CouponTerms(off_fen=_fen(posted, "off"), threshold_fen=threshold)
    if terms.off_bp is None and terms.off_fen is None:
        raise CouponTermsWrong
    try:
        items = tuple(UUID(one) for one in posted.getlist("items"))
    except ValueError as wrong:
        raise ItemGone from wrong
    return CouponDraft(terms, whole(posted, "units"), whole(posted, "limit"), whole(posted, "minutes"), posted.get("reason", ""), items)


def _fen(posted: QueryDict, name: str) -> int | None:
    text = posted.get(name, "").strip()
    return fen_from_text(text) if text else None


def _issue(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
    return coupons.issue_coupon(actor=actor, session_id=session, draft=draft_of(posted), key=key, now=now)


def _coupon_call(service: Callable[..., DeskAction]) -> Act:
    def act_on_coupon(actor: Actor, session: UUID, posted: QueryDict, key: str, now: datetime) -> DeskAction:
        return service(actor=actor, session_id=session, coupon_id=id_of(posted, "request"), key=key, now=now)

    return act_on_coupon


ACTS: dict[str, Act] = {
    "coupon": _issue, "coupon_confirm": _coupon_call(coupons.confirm_coupon), "coupon_refuse": _coupon_call(coupons.refuse_coupon),
    "coupon_withdraw": _coupon_call(coupons.withdraw_coupon),
}  # fmt: skip
UNHEARD = frozenset({"coupon_refuse"})
