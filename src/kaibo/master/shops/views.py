"""Shops and channels: where the company sells."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kaibo.master.shops import queries, services
from kaibo.master.shops.models import PLATFORM_CHOICES, Shop
from kaibo.plumbing.answers import ConsoleRequest, done


class ShopForm(forms.Form):
    """A new shop."""

    code = forms.SlugField(label=gettext_lazy("店铺代码"), max_length=30)
    name = forms.CharField(label=gettext_lazy("店铺名称"), max_length=60)
    company = forms.CharField(label=gettext_lazy("公司名称"), max_length=80)
    licence_number = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=40, required=False)

    def clean_licence_number(self) -> str:
        try:
            return services.checked_code(self.cleaned_data["licence_number"])
        except services.CreditCodeWrong as wrong:
            raise forms.ValidationError(wrong.message(get_language() or "zh")) from wrong


class ContactForm(forms.Form):
    """How viewers of a shop's rooms reach it."""

    contact = forms.CharField(label=gettext_lazy("联系方式"), max_length=80, required=False)
    service_url = forms.URLField(label=gettext_lazy("售后页面网址"), max_length=300, required=False, assume_scheme="https")


class ChannelForm(forms.Form):
    """A platform account of a shop."""

    shop = forms.ChoiceField(label=gettext_lazy("店铺"))
    platform = forms.ChoiceField(label=gettext_lazy("平台"), choices=PLATFORM_CHOICES)
    name = forms.CharField(label=gettext_lazy("渠道名称"), max_length=60)
    shop_type = forms.CharField(
        label=gettext_lazy("店铺类型"), max_length=20, required=False, help_text=gettext_lazy("例如 C店、POP、企业店")
    )
    external_id = forms.CharField(label=gettext_lazy("平台店铺 ID"), max_length=40, required=False)

    def __init__(self, *args: object, shops: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = [(shop.pk, shop.name) for shop in shops]


def shops(request: ConsoleRequest) -> HttpResponse:
    return _page(request, ShopForm(), ChannelForm(shops=list(request.shops)))


def _page(
    request: ConsoleRequest, shop_form: ShopForm, channel_form: ChannelForm, status: int = 200, wrong: tuple[UUID, ContactForm] | None = None
) -> HttpResponse:
    rows = [(shop, queries.channels_of(shop.pk), _contact_form(shop, wrong)) for shop in request.shops]
    context = {
        "rows": rows,
        "shop_form": shop_form,
        "channel_form": channel_form,
        "can_manage": request.actor.can(services.SHOP_MANAGE),
    }
    return render(request, "shops/shops.html", context, status=status)


def _contact_form(shop: Shop, wrong: tuple[UUID, ContactForm] | None) -> ContactForm:
    if wrong is not None and wrong[0] == shop.pk:
        return wrong[1]
    return ContactForm(initial={"contact": shop.contact, "service_url": shop.service_url}, auto_id=f"shop-{shop.pk}-%s")


@require_POST
def add_shop(request: ConsoleRequest) -> HttpResponse:
    form = ShopForm(request.POST)
    if not form.is_valid():
        return _page(request, form, ChannelForm(shops=list(request.shops)), 422)
    services.add_shop(actor=request.actor, now=request.now, **form.cleaned_data)
    return done(request, _("已添加店铺"), "shops:list")


@require_POST
def say_contact(request: ConsoleRequest, shop_id: UUID) -> HttpResponse:
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _page(request, ShopForm(), ChannelForm(shops=list(request.shops)), 422, wrong=(shop_id, form))
    services.say_contact(actor=request.actor, shop_id=shop_id, now=request.now, **form.cleaned_data)
    return done(request, _("已保存，下次打开直播间起对观众显示"), "shops:list")


@require_POST
def add_channel(request: ConsoleRequest) -> HttpResponse:
    form = ChannelForm(request.POST, shops=list(request.shops))
    if not form.is_valid():
        return _page(request, ShopForm(), form, 422)
    said = form.cleaned_data
    services.add_channel(
        actor=request.actor, shop_id=UUID(said["shop"]), platform=said["platform"], name=said["name"], shop_type=said["shop_type"],
        external_id=said["external_id"], now=request.now,
    )  # fmt: skip
    return done(request, _("已连接渠道"), "shops:list")
