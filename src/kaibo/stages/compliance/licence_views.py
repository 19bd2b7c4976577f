"""The page on which a shop says what its business licence says."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kaibo.master.shops.queries import shop_for
from kaibo.master.shops.services import SHOP_MANAGE, CreditCodeWrong, LicenceFacts, checked_code
from kaibo.plumbing.access import access
from kaibo.plumbing.answers import ConsoleRequest, done
from kaibo.stages.compliance import licences
from kaibo.stages.compliance.permissions import SEE


class LicenceForm(forms.Form):
    """What a business licence says, as it stands there."""

    company = forms.CharField(label=licences.FACTS["company"], max_length=80)
    licence_number = forms.CharField(
        label=licences.FACTS["licence_number"], max_length=40, required=False, help_text=gettext_lazy("18 位，会核对校验位；个体工商户填它的注册码")
    )
    company_type = forms.CharField(
        label=licences.FACTS["company_type"], max_length=40, required=False, help_text=gettext_lazy("照执照写，例如“有限责任公司（自然人独资）”；个体工商户写组成形式")
    )
    legal_person = forms.CharField(label=licences.FACTS["legal_person"], max_length=40, required=False)
    registered_capital = forms.CharField(label=licences.FACTS["registered_capital"], max_length=40, required=False, help_text=gettext_lazy("例如“壹佰万元整”；个体工商户写出资额"))
    registered_address = forms.CharField(label=licences.FACTS["registered_address"], max_length=120, required=False)

    def clean_licence_number(self) -> str:
        """The code in the form it is kept in; what was typed elsewhere on the page stays when it is wrong."""
        try:
            return checked_code(self.cleaned_data["licence_number"])
        except CreditCodeWrong as wrong:
            raise forms.ValidationError(wrong.message(get_language() or "zh")) from wrong


@require_http_methods(["GET", "POST"])
def licence(request: ConsoleRequest, shop_id: UUID) -> HttpResponse:
    """What does the licence say, and can viewers read all of it?   Source: facts/law L2, L4."""
    access.require(request.actor, SEE, shop_id=shop_id)
    shop = shop_for(request.actor, shop_id)
    may_edit = request.actor.can(SHOP_MANAGE)
    kept = {name: getattr(shop, name) for name in licences.FACTS}
    form = LicenceForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        facts = LicenceFacts(**form.cleaned_data)
        news = licences.say_licence(actor=request.actor, shop_id=shop_id, facts=facts, now=request.now)
        said = ngettext("已保存，%(n)s 个直播间的证照页已经更新", "已保存，%(n)s 个直播间的证照页已经更新", news) % {"n": news} if news else _("已保存，打开直播间时对观众显示")
        return done(request, said, "compliance:licence", shop_id)
    context = {
        "form": form, "shop": shop, "may_edit": may_edit, "facts": [(title, kept[name]) for name, title in licences.FACTS.items()],
        "lacking": licences.lacking_of(shop), "other_number": licences.disagreeing({shop.pk: shop}).get(shop.pk), "law": licences.LICENCE_LAW,
        "trail": ((_("公示与标识"), reverse("compliance:shown")),),
    }  # fmt: skip
    return render(request, "compliance/licence.html", context, status=422 if form.errors else 200)
