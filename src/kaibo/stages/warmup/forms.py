"""What people type about warm-ups."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.stages.warmup.words import PLATFORM_TITLES


class AnnouncementForm(forms.Form):
    headline = forms.CharField(label=_("标题"), max_length=60)
    body = forms.CharField(label=_("正文：主打什么、有什么特色"), max_length=1500, widget=forms.Textarea(attrs={"rows": 5}))
    offers = forms.CharField(label=_("限时优惠"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class LinkForm(forms.Form):
    platform = forms.ChoiceField(label=_("投放在哪里"), choices=list(PLATFORM_TITLES.items()))
    title = forms.CharField(label=_("位置说明"), max_length=60, help_text=_("例如：主播号置顶、老客群一"))
    target = forms.CharField(label=_("目标网址"), max_length=400, required=False, help_text=_("不填就到这一场的直播间"))
