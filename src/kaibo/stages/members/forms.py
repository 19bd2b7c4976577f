"""What people type about members."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.forms import YuanField


class OfferForm(forms.Form):
    """What everybody in a segment is given."""

    words = forms.CharField(label=_("权益说明"), max_length=120)
    coupon = YuanField(label=_("券面额（元）"), required=False)
    minimum = YuanField(label=_("满多少可用（元）"), required=False)


class ContactForm(forms.Form):
    """What a contact list is for."""

    reason = forms.CharField(label=_("用途"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("会和名单一起记入审计，例如：双十二预售通知"))


class ConsentForm(forms.Form):
    """What a member said about marketing messages, and where."""

    is_given = forms.ChoiceField(label=_("会员说"), choices=[("yes", _("同意接收")), ("no", _("不要再发（退订）"))])
    source = forms.CharField(label=_("在哪里说的"), max_length=80, help_text=_("例如：客服会话、短信回复 TD、会员页勾选"))
