"""Forms of trials and A/B tests."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.kit.errors import KaiboError
from kaibo.stages.listing.sequential import Design, fixed_sample_size
from kaibo.stages.listing.trial_queries import TEST_KINDS
from kaibo.stages.listing.trial_services import MOST_VISITORS, AbTestDraft, DayCounts, check_draft

COUNT = {"min_value": 0, "max_value": 10**12}


class DayForm(forms.Form):
    """A day of a page as its back office shows it."""

    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    views = forms.IntegerField(label=_("曝光"), **COUNT)
    clicks = forms.IntegerField(label=_("点击"), **COUNT)
    favourites = forms.IntegerField(label=_("收藏"), required=False, **COUNT)
    carts = forms.IntegerField(label=_("加购"), required=False, **COUNT)
    orders = forms.IntegerField(label=_("成交"), required=False, **COUNT)

    def counts(self) -> DayCounts:
        d = self.cleaned_data
        return DayCounts(d["views"], d["clicks"], d["favourites"] or 0, d["carts"] or 0, d["orders"] or 0)


def basis_points(share: Decimal) -> int:
    return int((share * 100).to_integral_value())


class MeanForm(forms.Form):
    """What the trade reaches, in percent, dated and with its source."""

    metric = forms.ChoiceField(label=_("指标"), choices=(("click", _("点击率")), ("interest", _("收藏加购率")), ("order", _("转化率"))))
    rate = forms.DecimalField(label=_("行业均值（%）"), min_value=Decimal("0.01"), max_value=100, decimal_places=2)
    source = forms.CharField(label=_("来源"), max_length=200, help_text=_("例如：平台后台 同行对比"))
    dated_on = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def clean_rate(self) -> int:
        return basis_points(self.cleaned_data["rate"])


@dataclass(frozen=True, slots=True)
class SizePlan:
    """How large a test has to be: at most, if looked at once only, and in days."""

    needed: int
    fixed: int
    days: int


class TestForm(forms.Form):
    """A test, settled before its start."""

    __test__ = False
    code = forms.CharField(label=_("编号"), max_length=20, help_text=_("导入数据时用它对上，例如 AB-1"))
    kind = forms.ChoiceField(label=_("试什么"), choices=())
    question = forms.CharField(label=_("问题"), max_length=120, help_text=_("例如：场景图比商品图更让人点进来吗"))
    a_words = forms.CharField(label=_("版本 A（现在的）"), max_length=80)
    b_words = forms.CharField(label=_("版本 B（新的）"), max_length=80)
    metric = forms.ChoiceField(label=_("看哪个率"), choices=(("click", _("点击率")), ("order", _("转化率"))))
    baseline = forms.DecimalField(label=_("现在的率（%）"), min_value=Decimal("0.01"), max_value=Decimal("99.99"), decimal_places=2)
    lift = forms.DecimalField(label=_("想看到的变化（相对，%）"), min_value=1, max_value=1_000, decimal_places=2, help_text=_("3 % 变成 3.6 % 是 20"))
    share = forms.DecimalField(label=_("B 的份额（%）"), min_value=5, max_value=95, decimal_places=2)
    visitors = forms.IntegerField(label=_("每天多少人"), min_value=1, max_value=MOST_VISITORS)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["kind"].choices = list(TEST_KINDS.items())  # type: ignore[attr-defined]

    def draft(self) -> AbTestDraft:
        d = self.cleaned_data
        return AbTestDraft(
            d["code"], d["kind"], d["question"], d["a_words"], d["b_words"], d["metric"], basis_points(d["baseline"]), basis_points(d["lift"]), d["visitors"],
            basis_points(d["share"]),
        )

    def plan(self) -> SizePlan | None:
        """This function will work out the size from what is filled in so far; None while the figures do not allow it."""
        self.is_valid()
        d = self.cleaned_data
        if not {"baseline", "lift", "share", "visitors"} <= d.keys():
            return None
        draft = AbTestDraft("-", "title", "-", "-", "-", "click", basis_points(d["baseline"]), basis_points(d["lift"]), d["visitors"], basis_points(d["share"]))
        try:
            needed = check_draft(draft)
        except KaiboError:
            return None
        fixed = fixed_sample_size(Design(draft.baseline_bp / 10_000, draft.lift_bp / 10_000, b_share=draft.b_share_bp / 10_000))
        return SizePlan(needed, fixed, -(-needed // draft.visitors_a_day))


class TestDayForm(forms.Form):
    """A day of a test: how many saw each version, how many acted."""

    __test__ = False
    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    a_shown = forms.IntegerField(label=_("A 看到"), **COUNT)
    a_acted = forms.IntegerField(label=_("A 行动"), **COUNT)
    b_shown = forms.IntegerField(label=_("B 看到"), **COUNT)
    b_acted = forms.IntegerField(label=_("B 行动"), **COUNT)
