"""Forms of decisions: score rules, strengths, price inputs, trials, cooperations. Texts in, typed values out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.selection.cooperation_services import Agreed, Brought
from kaibo.stages.selection.forms import PercentField, YuanField
from kaibo.stages.selection.price_services import Said
from kaibo.stages.selection.scorecard import FIGURES, UNITS, Rule, Rules
from kaibo.stages.selection.trial_services import Wish
from kaibo.stages.selection.trials import Seen


def _day() -> forms.DateInput:
    """A browser's own calendar reads and writes ISO days only."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ScoreRulesForm(forms.Form):
    """A weight and two ends for every figure, the lines, and why."""

    trial_bp = PercentField(label=_("试卖线"), help_text=_("总分到了才值得试"))
    go_bp = PercentField(label=_("放量线"), help_text=_("总分到了、试卖也通过，才放量"))
    known_bp = PercentField(label=_("至少知道多少权重"), help_text=_("有数字的权重不到这个份额就不下结论"))
    reason = forms.CharField(label=_("为什么改"), max_length=200)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for key in FIGURES:
            self.fields[f"{key}_weight"] = forms.IntegerField(min_value=0, max_value=100)
            for end in ("nothing", "full"):
                self.fields[f"{key}_{end}"] = PercentField() if UNITS[key] == "bp" else forms.IntegerField()

    def rules(self) -> Rules:
        """This function will give what was filled in as the scorecard takes it."""
        d = self.cleaned_data
        made = {key: Rule(d[f"{key}_weight"], d[f"{key}_nothing"], d[f"{key}_full"]) for key in FIGURES}
        return Rules(made, d["trial_bp"], d["go_bp"], d["known_bp"])


def rules_initial(rules: Rules, number: int) -> dict[str, Any]:
    """This function will fill the form with rules."""
    values: dict[str, Any] = {"trial_bp": rules.trial_bp, "go_bp": rules.go_bp, "known_bp": rules.known_bp, "seen": number}
    for key, rule in rules.rules.items():
        values |= {f"{key}_weight": rule.weight, f"{key}_nothing": rule.nothing, f"{key}_full": rule.full}
    return values


class StrengthForm(forms.Form):
    kind = forms.ChoiceField(label=_("哪种优势"), choices=(("supply_chain", _("供应链 → 标品爆款")), ("content", _("内容 → 非标、创意")), ("cash", _("资金 → 高客单耐用品"))))
    level = forms.IntegerField(label=_("几分（0–5）"), min_value=0, max_value=5)
    evidence = forms.CharField(label=_("凭什么"), max_length=300, help_text=_("例如：自有产线 3 条，补货 7 天；达人矩阵 12 个，月均曝光 240 万"))


class PriceInputsForm(forms.Form):
    """What a price has to fit; empty is not known."""

    power_low_fen = YuanField(label=_("买家购买力，低"), required=False)
    power_high_fen = YuanField(label=_("买家购买力，高"), required=False, help_text=_("人群画像或问卷：这群人为这类货最多付多少"))
    host_bp = PercentField(label=_("主播影响力（溢价）"), required=False, help_text=_("这个主播的买家比市场中间价多付几成，按过去成交"))
    budget_fen = YuanField(label=_("推广预算"), required=False)
    demand_units = forms.IntegerField(label=_("预计卖出件数"), min_value=0, required=False, help_text=_("推广预算摊到每件上"))
    coupon_fen = YuanField(label=_("店铺券面额"), required=False)
    coupon_use_bp = PercentField(label=_("多少买家会用券"), required=False)
    source = forms.CharField(label=_("这些数字从哪来"), max_length=300)

    def said(self) -> Said:
        d = self.cleaned_data
        return Said(d["power_low_fen"], d["power_high_fen"], d["host_bp"], d["budget_fen"], d["demand_units"], d["coupon_fen"] or 0, d["coupon_use_bp"] or 0, d["source"])


class TermsForm(forms.Form):
    """The figures of the price forms, tried on the page; they are not kept."""

    pieces = forms.IntegerField(label=_("多件：几件"), min_value=2, max_value=10, initial=2)
    second_bp = PercentField(label=_("多件：第二件起"), initial=5_000)
    early_bp = PercentField(label=_("早鸟：减"), initial=1_000)
    early_share_bp = PercentField(label=_("早鸟：占买家"), initial=3_000)
    bundle_bp = PercentField(label=_("套装：减"), initial=1_000)
    enter_bp = PercentField(label=_("渗透：减"), initial=1_500)
    over_bp = PercentField(label=_("价值定价：加"), initial=3_000)


class TrialForm(forms.Form):
    price_fen = YuanField(label=_("试卖价"))
    usual_bp = PercentField(label=_("平时成交率"), help_text=_("看到同类货的人里付款的比例"))
    worth_bp = PercentField(label=_("要看出的提升"), help_text=_("高出这么多才值得放量；越小要试越久"))
    viewers_a_day = forms.IntegerField(label=_("每天多少人看到"), min_value=1)
    return_limit_bp = PercentField(label=_("退货率上限"))
    loss_limit_fen = YuanField(label=_("最多亏多少就停"), required=False)
    fixed_fen = YuanField(label=_("固定花费（样品、投流）"), required=False)

    def wish(self) -> Wish:
        d = self.cleaned_data
        return Wish(
            d["price_fen"], d["usual_bp"] or 0, d["worth_bp"] or 0, d["viewers_a_day"], d["return_limit_bp"] or 0, d["loss_limit_fen"] or 0, d["fixed_fen"] or 0
        )


class TrialDayForm(forms.Form):
    day = forms.DateField(label=_("哪一天"), widget=_day())
    viewers = forms.IntegerField(label=_("看到的人"), min_value=0)
    buyers = forms.IntegerField(label=_("付款的人"), min_value=0)
    units = forms.IntegerField(label=_("件数"), min_value=0)
    returned = forms.IntegerField(label=_("退回件数"), min_value=0, required=False)
    profit_fen = YuanField(label=_("当天净赚"), required=False, help_text=_("亏了写负数"))

    def seen(self) -> Seen:
        d = self.cleaned_data
        return Seen(d["viewers"], d["buyers"], d["units"], d["returned"] or 0, d["profit_fen"] or 0)


class CooperationForm(forms.Form):
    kind = forms.ChoiceField(label=_("对方是"), choices=(("brand", _("品牌")), ("host", _("达人 / 主播"))))
    title = forms.CharField(label=_("名称"), max_length=80)
    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)
    commission_bp = PercentField(label=_("佣金"), required=False)
    slot_fee_fen = YuanField(label=_("每场坑位费"), required=False)
    goods_margin_bp = PercentField(label=_("货品毛利率"), help_text=_("扣佣金和坑位费之前，货品留下多少"))
    starts_on = forms.DateField(label=_("从哪天起"), widget=_day())
    ends_on = forms.DateField(label=_("到哪天止（不含）"), widget=_day())
    is_exclusive = forms.BooleanField(label=_("独家"), required=False)
    contact_name = forms.CharField(label=_("联系人"), max_length=40, required=False, help_text=_("加密保存，页面只显示掩码"))
    contact_phone = forms.CharField(label=_("联系电话"), max_length=20, required=False)
    note = forms.CharField(label=_("备注"), max_length=300, required=False)

    def __init__(self, *args: object, shops: list[tuple[object, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops

    def agreed(self) -> Agreed:
        d = self.cleaned_data
        return Agreed(
            kind=d["kind"], title=d["title"], commission_bp=d["commission_bp"] or 0, slot_fee_fen=d["slot_fee_fen"] or 0,
            goods_margin_bp=d["goods_margin_bp"] or 0, starts_on=d["starts_on"], ends_on=d["ends_on"], is_exclusive=d["is_exclusive"],
            contact_name=d["contact_name"], contact_phone=d["contact_phone"], note=d["note"],
        )  # fmt: skip


class CooperationSessionForm(forms.Form):
    held_on = forms.DateField(label=_("哪一天"), widget=_day())
    session = forms.ChoiceField(label=_("我们自己的场次"), widget=LongSelect, required=False, help_text=_("选了就按订单数，不用填下面两项"))
    paid_fen = YuanField(label=_("成交额"), required=False)
    returned_fen = YuanField(label=_("退回金额"), required=False)
    fee_fen = YuanField(label=_("实付坑位费"), required=False)
    source = forms.CharField(label=_("数字从哪来"), max_length=200, help_text=_("例如：对方结算单 2026-11；我们的订单"))

    def __init__(self, *args: object, sessions: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].choices = [("", _("不是我们的场次，手填")), *sessions]

    def brought(self) -> Brought:
        d = self.cleaned_data
        return Brought(d["held_on"], d["fee_fen"] or 0, d["source"], d["paid_fen"] or 0, d["returned_fen"] or 0, d["session"] or None)
