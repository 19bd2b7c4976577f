"""What people type about mentions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.queries import products_for
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.long_select import LongSelect


class AnswerForm(forms.Form):
    """The answer as it was given in public."""

    text = forms.CharField(label=_("答复"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 5}), help_text=_("先在原平台发出，再登记在这里；登记前会过一遍用语筛查"))


class OutcomeForm(forms.Form):
    """What came of it."""

    outcome = forms.CharField(label=_("结果"), max_length=300, help_text=_("例如：已退款，本人删帖；或：核实为同行抹黑，已向平台举报"))


class WatchForm(forms.Form):
    """A word to watch."""

    word = forms.CharField(label=_("监看词"), max_length=40, help_text=_("店铺的外号、主播名、商品简称、常见错字；店名和商品全名不用加"))
    product = forms.ChoiceField(label=_("指哪个商品"), widget=LongSelect, required=False)

    def __init__(self, *args: object, actor: Actor, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [("", _("整个店铺")), *((str(one.pk), one.title) for one in products_for(actor)[:500])]
