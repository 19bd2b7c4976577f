"""What a coupon 优惠券 is called, from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from kaibo.kit.money import yuan_text


def coupon_words_of(said: Mapping[str, Any]) -> str:
    """This function will name a coupon by its rule, as viewers read it."""
    figures = {
        "threshold": yuan_text(int(said["threshold_fen"])), "off": yuan_text(int(said.get("off_fen") or 0)), "cap": yuan_text(int(said.get("cap_fen") or 0)),
        "percent": _percent(int(said.get("off_bp") or 0)),
    }  # fmt: skip
    if said.get("off_fen"):
        return _("满 %(threshold)s 减 %(off)s") % figures
    if said.get("cap_fen"):
        return _("满 %(threshold)s 减 %(percent)s%%，最多减 %(cap)s") % figures
    return _("满 %(threshold)s 减 %(percent)s%%") % figures


def _percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}".rstrip("0").rstrip(".")
