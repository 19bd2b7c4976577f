"""What people type about a launch's supply."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.forms import YuanField
from kaibo.master.stock.queries import warehouses
from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.supply.forms import DAY
from kaibo.stages.supply.launch_coverage import PlanView
from kaibo.stages.supply.launch_materials import MaterialSaid
from kaibo.stages.supply.models import Supplier

MOST_UNITS = 10_000_000


class UnitsForm(forms.Form):
    """A person's own figure for an item; empty takes it back."""

    sku = forms.UUIDField(widget=forms.HiddenInput)
    units = forms.IntegerField(label=_("要多少件"), min_value=0, max_value=MOST_UNITS, required=False)
    reason = forms.CharField(label=_("为什么"), max_length=200)


class DeliveryForm(forms.Form):
    """From where, and how fast."""

    warehouse = forms.ChoiceField(label=_("从哪个仓发"))
    units_a_parcel = forms.DecimalField(label=_("平均一包几件"), min_value=Decimal("0.1"), max_value=1000, decimal_places=2, initial=1)
    pack_a_day = forms.IntegerField(label=_("一天能打包多少"), required=False, min_value=0, max_value=1_000_000, help_text=_("留空：用仓库自己 60 天的记录"))
    reason = forms.CharField(label=_("自己填时写明为什么"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["warehouse"].choices = [(str(one.pk), one.name) for one in warehouses()]  # type: ignore[attr-defined]


class CapacityForm(forms.Form):
    """A supplier's word on what it can make."""

    supplier = forms.ChoiceField(label=_("供应商"), widget=LongSelect)
    sku = forms.ChoiceField(label=_("货号"), widget=LongSelect)
    units = forms.IntegerField(label=_("件数"), min_value=1, max_value=MOST_UNITS)
    by_on = forms.DateField(label=_("哪天前交到"), widget=DAY)
    said_by = forms.CharField(label=_("对方谁确认的"), max_length=80)
    proof = forms.FileField(label=_("凭证（PDF 或图片）"), required=False)

    def __init__(self, *args: Any, view: PlanView, suppliers: list[Supplier], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].choices = [(str(one.pk), one.name) for one in suppliers]  # type: ignore[attr-defined]
        self.fields["sku"].choices = [(str(one.sku.id), f"{one.sku.code} · {one.sku.title}") for one in view.items]  # type: ignore[attr-defined]


class MaterialForm(forms.Form):
    """Packaging or promotion material."""

    kind = forms.ChoiceField(label=_("种类"), choices=(("packaging", _("包材")), ("promotion", _("促销物料"))))
    title = forms.CharField(label=_("名称"), max_length=60)
    a_parcel = forms.DecimalField(label=_("每包用几个"), required=False, min_value=Decimal("0.001"), max_value=1000, decimal_places=3)
    total = forms.IntegerField(label=_("或者一共几个"), required=False, min_value=1, max_value=MOST_UNITS)
    on_hand = forms.IntegerField(label=_("手上有几个"), min_value=0, max_value=MOST_UNITS, initial=0)
    price = YuanField(label=_("单价（元）"))
    supplier_name = forms.CharField(label=_("供应商"), max_length=80, required=False)
    needed_on = forms.DateField(label=_("哪天前要到"), widget=DAY)

    def said(self) -> MaterialSaid:
        """This function will give what was typed, whole numbers only."""
        told = self.cleaned_data
        return MaterialSaid(
            told["kind"], told["title"], int(told["a_parcel"] * 1000) if told["a_parcel"] else None, told["total"] or None, told["on_hand"], told["price"],
            told["supplier_name"], told["needed_on"],
        )  # fmt: skip


class BudgetForm(forms.Form):
    """What may be spent."""

    budget = YuanField(label=_("物料预算（元）"))
    reason = forms.CharField(label=_("为什么"), max_length=200)


class RaiseForm(forms.Form):
    """More than the budget."""

    up_to = YuanField(label=_("最多花到（元）"))
    reason = forms.CharField(label=_("为什么"), max_length=200)
