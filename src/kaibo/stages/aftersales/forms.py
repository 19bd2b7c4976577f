"""What people fill in about cases."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.stages.aftersales import rules, words


class FindOrderForm(forms.Form):
    order_no = forms.CharField(label=_("订单号"), max_length=64)


class CaseForm(forms.Form):
    line = forms.ChoiceField(label=_("哪件商品"))
    kind = forms.ChoiceField(label=_("买家要什么"))
    nature = forms.ChoiceField(label=_("什么问题"))
    impact = forms.ChoiceField(label=_("影响多大"))
    quantity = forms.IntegerField(label=_("件数"), min_value=1, initial=1)
    reason = forms.CharField(label=_("买家怎么说"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: object, lines: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, options in (
            ("line", lines), ("kind", words.choices(rules.CHOSEN_KINDS)), ("nature", words.choices(rules.NATURE_WORDS)),
            ("impact", words.choices(rules.IMPACT_WORDS)),
        ):  # fmt: skip
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = options


class ReviewForm(forms.Form):
    """A bad review."""

    line = forms.ChoiceField(label=_("哪件商品"))
    stars = forms.TypedChoiceField(label=_("几星"), choices=((1, _("1 星")), (2, _("2 星")), (3, _("3 星"))), coerce=int)
    review = forms.CharField(label=_("评价原文"), max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    reviewed_at = forms.DateTimeField(label=_("评价时间"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))

    def __init__(self, *args: object, lines: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["line"]
        if isinstance(field, forms.ChoiceField):
            field.choices = lines
