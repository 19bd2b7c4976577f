"""What selection says of launches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from kaibo.master.launches.queries import products_of_launches
from kaibo.plumbing.thresholds import thresholds
from kaibo.plumbing.wiring import Finding
from kaibo.stages.selection import queries, rules
from kaibo.stages.selection.services import economics_of


def gate(launch_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Finding]:
    """
    This function will say of each launch whether its selection stands.

    An approval is looked at again against today's margin floor, and against what came back from customers (SEL-19).
    """
    candidates = queries.candidates_of_launches(launch_ids)
    products = products_of_launches(launch_ids)
    held = thresholds.values("selection.margin_floor_bp", "selection.feedback_red_count")
    counts = queries.feedback_counts([one.product_id for one in candidates.values() if one.product_id])
    found: dict[UUID, Finding] = {}
    for launch_id in launch_ids:
        candidate = candidates.get(launch_id)
        if candidate is None:
            found[launch_id] = _without_candidate(has_product=launch_id in products)
            continue
        href = reverse("selection:candidate", args=[candidate.pk])
        margin_bp = rules.margin_after_returns(economics_of(candidate)).margin_bp
        cases, _refunded = counts.get(candidate.product_id, (0, 0))
        if margin_bp < held["selection.margin_floor_bp"]:
            reason = _("退货后毛利率 %(margin)s，低于现在的底线 %(floor)s") % {
                "margin": _percent(margin_bp), "floor": _percent(held["selection.margin_floor_bp"]),
            }
            found[launch_id] = Finding("red", reason, _("阈值：选品毛利底线"), href, _("看候选数字"), href)
        elif cases >= held["selection.feedback_red_count"]:
            reason = _("上架后已有 %(cases)s 起售后指向这个商品") % {"cases": cases}
            found[launch_id] = Finding("red", reason, "SEL-19", f"{href}#feedback", _("看售后证据"), f"{href}#feedback")
        else:
            found[launch_id] = Finding("ok", _("%(who)s 已决定，退货后毛利率 %(margin)s") % {"who": candidate.decided_by, "margin": _percent(margin_bp)}, "SEL-8", href)
    return found


def _without_candidate(*, has_product: bool) -> Finding:
    if has_product:
        return Finding("ok", _("没有走选品候选，直接由商品开始的上新"), "SEL-8", reverse("selection:candidates"))
    return Finding(
        "red", _("还没有选定商品：没有通过的选品候选"), "SEL-8", reverse("selection:candidates"), _("去选品"), reverse("selection:candidates")
    )


def _percent(rate_bp: int) -> str:
    return f"{'-' if rate_bp < 0 else ''}{abs(rate_bp) // 100}.{abs(rate_bp) % 100:02d}%"
