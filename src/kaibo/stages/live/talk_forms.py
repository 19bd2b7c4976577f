"""Forms of the talk."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _


class ReplyForm(forms.Form):
    """A reply to press, or one that comes by itself at a keyword."""

    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)
    text = forms.CharField(label=_("说什么"), max_length=200, widget=forms.Textarea(attrs={"rows": 2, "data-key": "/"}))
    keywords = forms.CharField(
        label=_("关键词"), max_length=120, required=False, help_text=_("用空格或顿号隔开，最多 5 个；观众的话里有其中一个就自动回复。留空就是快捷回复，由人点了才发")
    )
    cooldown_seconds = forms.IntegerField(label=_("自动回复至少隔几秒"), min_value=10, max_value=3600, initial=60)

    def __init__(self, *args: object, shops: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops

    def clean_keywords(self) -> list[str]:
        return [one for one in re.split(r"[\s,，、;；]+", self.cleaned_data["keywords"]) if one]
