"""What people fill in about orders."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReceiverForm(forms.Form):
    name = forms.CharField(label=_("收件人"), max_length=40)
    phone = forms.CharField(label=_("手机号"), max_length=20)
    address = forms.CharField(label=_("收货地址"), max_length=200, help_text=_("省、市、区县和门牌一起写，系统会拆开"), widget=forms.Textarea(attrs={"rows": 2}))


class ShipForm(forms.Form):
    carrier = forms.CharField(label=_("快递公司"), max_length=40)
    tracking_no = forms.CharField(label=_("快递单号"), max_length=60)


class PaymentForm(forms.Form):
    payment_no = forms.CharField(label=_("支付单号"), max_length=64)
    paid_yuan = forms.CharField(label=_("实收金额"), max_length=16)
