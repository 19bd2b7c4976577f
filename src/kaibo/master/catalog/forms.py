"""What people type about goods."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kaibo.kit.errors import KaiboError
from kaibo.kit.money import fen_from_text
from kaibo.master.catalog.queries import categories


class YuanField(forms.CharField):
    """An amount in yuan as people write it; cleaned to integer fen."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def clean(self, value: str) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return fen_from_text(text)
        except KaiboError as wrong:
            raise ValidationError(wrong.message("zh")) from wrong


class ProductForm(forms.Form):
    """A new product with its first item."""

    shop = forms.ChoiceField(label=_("店铺"))
    code = forms.CharField(label=_("商品编码"), max_length=40)
    title = forms.CharField(label=_("商品名称"), max_length=120)
    category = forms.ChoiceField(label=_("类目"))
    brand = forms.CharField(label=_("品牌"), max_length=40, required=False)
    sku_code = forms.CharField(label=_("货号"), max_length=60)
    specification = forms.CharField(label=_("规格"), max_length=80, help_text=_("例如 黑色 / M"))
    barcode = forms.CharField(label=_("条码"), max_length=20, required=False)
    cost = YuanField(label=_("成本（元）"))
    price = YuanField(label=_("售价（元）"))

    def __init__(self, *args: object, shops: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = [(shop.pk, shop.name) for shop in shops]
        self.fields["category"].choices = [(one.code, one.local_title) for one in categories()]


class SkuForm(forms.Form):
    """One more item of a product."""

    sku_code = forms.CharField(label=_("货号"), max_length=60)
    specification = forms.CharField(label=_("规格"), max_length=80)
    barcode = forms.CharField(label=_("条码"), max_length=20, required=False)
    cost = YuanField(label=_("成本（元）"))
    price = YuanField(label=_("售价（元）"))


class WordsForm(forms.Form):
    """What is said of a product everywhere downstream."""

    value_proposition = forms.CharField(label=_("一句话价值主张"), max_length=120, required=False)
    point_1 = forms.CharField(label=_("卖点 1"), max_length=60, required=False)
    point_2 = forms.CharField(label=_("卖点 2"), max_length=60, required=False)
    point_3 = forms.CharField(label=_("卖点 3"), max_length=60, required=False)

    def points(self) -> list[str]:
        return [
            self.cleaned_data[key].strip()
            for key in ("point_1", "point_2", "point_3")
            if self.cleaned_data[key].strip()
        ]
