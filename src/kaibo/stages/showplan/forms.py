"""What people type about sessions."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kaibo.kit.clock import SHANGHAI, from_shanghai, in_shanghai
from kaibo.kit.errors import Invalid
from kaibo.kit.money import fen_from_text
from kaibo.master.catalog.forms import YuanField
from kaibo.master.catalog.queries import SkuRow
from kaibo.master.shops.models import PLATFORM_CHOICES
from kaibo.stages.showplan.services import NewOffer
from kaibo.stages.showplan.words import SEGMENT_TITLES


class OfferUnreadable(Invalid):
    code = "showplan.offer_unreadable"
    message_zh = "{sku} 的{what}“{text}”不是数字"
    message_en = "{sku}: “{text}” is no number for {what}"


class ShanghaiField(forms.DateTimeField):
    """A moment on a Shanghai wall clock; cleaned to UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def prepare_value(self, value: Any) -> Any:
        return in_shanghai(value).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value

    def to_python(self, value: Any) -> datetime | None:
        found = super().to_python(value)
        if found is None:
            return None
        return from_shanghai(found.astimezone(SHANGHAI).replace(tzinfo=None) if found.tzinfo else found)


class SessionForm(forms.Form):
    title = forms.CharField(label=_("场次名称"), max_length=60)
    theme = forms.CharField(label=_("主题"), max_length=120, required=False, help_text=_("说给谁、卖什么，例如：秋冬上新 · 羊毛与针织"))
    room_name = forms.CharField(label=_("直播间编号"), max_length=60, help_text=_("观众看到的网址 /r/编号，只能用小写字母、数字和 -"))
    starts_at = ShanghaiField(label=_("开播时间"))
    ends_at = ShanghaiField(label=_("计划结束"))
    target_fen = YuanField(label=_("成交额目标（元）"), required=False, help_text=_("不填时按配额货值的一定比例算计划线"))
    platform = forms.ChoiceField(
        label=_("在哪里播"), choices=PLATFORM_CHOICES, required=False,
        help_text=_("在其他平台播时，这里只做流程、提词、预案和数据，不开自己的直播间；建好后不能改"),
    )  # fmt: skip
    video_url = forms.CharField(label=_("视频流地址"), max_length=300, required=False)
    backup_video_url = forms.CharField(label=_("备用流地址"), max_length=300, required=False, help_text=_("主流断了，中控台按一个键就切过来"))

    is_ai_host = forms.BooleanField(
        label=_("主播是 AI 生成的人物"), required=False, help_text=_("勾上后直播间一直提示观众“AI 数字人直播”，直播电商监督管理办法要求持续提示"),
    )  # fmt: skip

    def clean_room_name(self) -> str:
        name = str(self.cleaned_data["room_name"]).strip().lower()
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,59}", name):
            raise ValidationError(_now("只能用小写字母、数字和 -，至少两个字符"))
        return name


class RehearsalForm(forms.Form):
    held_at = ShanghaiField(label=_("彩排时间"))
    minutes = forms.IntegerField(label=_("时长（分钟）"), min_value=1, max_value=600)
    notes = forms.CharField(label=_("发现的问题"), required=False, widget=forms.Textarea(attrs={"rows": 2}))


class SegmentForm(forms.Form):
    """A segment that is no product; products are written with their items (`offers_from`)."""

    kind = forms.ChoiceField(label=_("环节"), choices=[pair for pair in SEGMENT_TITLES.items() if pair[0] != "product"])
    title = forms.CharField(label=_("名称"), max_length=120)
    minutes = forms.IntegerField(label=_("时长（分钟）"), min_value=1, max_value=240)
    note = forms.CharField(label=_("备注"), max_length=200, required=False)


class ProductSegmentForm(forms.Form):
    title = forms.CharField(label=_("流程单上的名称"), max_length=120, required=False)
    minutes = forms.IntegerField(label=_("时长（分钟）"), min_value=1, max_value=240, initial=10)
    is_flash = forms.BooleanField(label=_("秒杀环节"), required=False)
    note = forms.CharField(label=_("备注"), max_length=200, required=False)


def offers_from(posted: QueryDict, skus: list[SkuRow]) -> list[NewOffer]:
    """This function will read the items of a product segment; items without a quantity are left out.   Raises: OfferUnreadable, NotMoney."""
    offers = []
    for sku in skus:
        quantity = posted.get(f"quantity_{sku.id}", "").strip()
        if not quantity or quantity == "0":
            continue
        limit = posted.get(f"limit_{sku.id}", "").strip()
        offers.append(
            NewOffer(
                sku.id, fen_from_text(posted.get(f"price_{sku.id}", "")), _whole(sku, quantity, _now("配额")),
                _whole(sku, limit, _now("限购")) if limit else None,
            )
        )  # fmt: skip
    return offers


def _whole(sku: SkuRow, text: str, what: str) -> int:
    if not text.isdecimal() or len(text) > 7:
        raise OfferUnreadable(sku=sku.code, what=what, text=text)
    return int(text)


def chosen_id(posted: QueryDict, name: str) -> UUID:
    """This function will read an id that a page's own choice field sent.   Raises: Invalid."""
    try:
        return UUID(posted.get(name, ""))
    except ValueError as wrong:
        raise Invalid from wrong
