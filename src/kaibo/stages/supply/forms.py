"""What people type about supply."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.forms import YuanField
from kaibo.master.catalog.queries import sku_choices
from kaibo.master.stock.queries import warehouses
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.supply import rules
from kaibo.stages.supply.models import Supplier

DAY = forms.DateInput(attrs={"type": "date"})


class SupplierForm(forms.Form):
    """A new supplier."""

    code = forms.CharField(label=_("供应商编码"), max_length=30)
    name = forms.CharField(label=_("供应商名称"), max_length=80)
    note = forms.CharField(label=_("备注"), max_length=200, required=False)


class _WithChoices(forms.Form):
    supplier = forms.ChoiceField(label=_("供应商"), widget=LongSelect)
    sku = forms.ChoiceField(label=_("货号"), widget=LongSelect)

    def __init__(self, *args: object, actor: Actor, suppliers: list[Supplier], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].choices = [(one.pk, one.name) for one in suppliers]
        self.fields["sku"].choices = sku_choices(actor)


class QuoteForm(_WithChoices):
    """A supplier's offer."""

    price = YuanField(label=_("单价（元）"))
    minimum_units = forms.IntegerField(label=_("起订量"), min_value=1)
    lead_days = forms.IntegerField(label=_("交期（天）"), min_value=1, max_value=365)
    is_main = forms.BooleanField(label=_("主供应商"), required=False)


class PurchaseForm(_WithChoices):
    """A purchase order."""

    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=10_000_000)
    price = YuanField(label=_("单价（元）"))


class ArrivalForm(forms.Form):
    """Goods that arrived."""

    lot_code = forms.CharField(label=_("批次号"), max_length=40)
    quantity = forms.IntegerField(label=_("到货数量"), min_value=1)
    produced_on = forms.DateField(label=_("生产日期"), required=False, widget=DAY)
    expires_on = forms.DateField(label=_("保质期至"), required=False, widget=DAY)
    warehouse_id = forms.TypedChoiceField(label=_("到哪个仓"), coerce=UUID)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        places = warehouses()
        self.fields["warehouse_id"].choices = [(place.pk, place.name) for place in places]
        if len(places) == 1:
            self.fields["warehouse_id"].widget = forms.HiddenInput()
            self.fields["warehouse_id"].initial = places[0].pk
            self.fields["warehouse_id"].required = False
            self.fields["warehouse_id"].empty_value = None


class DraftForm(forms.Form):
    """What a draft orders, changed before it is approved."""

    quantity = forms.IntegerField(label=_("数量"), min_value=1, max_value=10_000_000)
    price = YuanField(label=_("单价（元）"))


class ShortForm(forms.Form):
    """Why the rest of an order will not come."""

    short_by = forms.ChoiceField(label=_("谁的原因"), choices=(("supplier", _("供应商交不齐（计入准时交货）")), ("us", _("我们不要了"))))
    reason = forms.CharField(label=_("原因"), max_length=200)


class InspectionForm(forms.Form):
    """Measured values, one field an item of the template."""

    def __init__(self, *args: object, limits: list[rules.ItemLimit], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for limit in limits:
            self.fields[f"item_{limit.key}"] = forms.CharField(
                label=f"{limit.title}（{limit.limit_words}）", max_length=12, help_text=limit.standard,
                widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            )  # fmt: skip
        self.fields["note"] = forms.CharField(label=_("备注"), required=False, max_length=300)

    def values(self) -> dict[str, str]:
        return {
            name.removeprefix("item_"): value for name, value in self.cleaned_data.items() if name.startswith("item_")
        }
