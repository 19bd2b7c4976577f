"""What people type at the quality gates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.queries import sku_choices
from kaibo.master.people.queries import choices as people_choices
from kaibo.plumbing.access.actor import Actor
from kaibo.plumbing.long_select import LongSelect
from kaibo.stages.supply import sampling_tables
from kaibo.stages.supply.models import Supplier
from kaibo.stages.supply.quality import Brought, DefectSaid
from kaibo.stages.supply.sampling import DefectClass, Severity, aql_text

DEFECT_CLASSES = (("critical", _("致命")), ("major", _("严重")), ("minor", _("轻微")))
SEVERITIES = ((Severity.NORMAL.value, _("正常检验")), (Severity.TIGHTENED.value, _("加严检验")), (Severity.REDUCED.value, _("放宽检验")))
AQLS = [(aql, aql_text(aql)) for aql in sampling_tables.AQLS_MILLI if aql <= 10_000]
LEVELS = [(level, level) for level in sampling_tables.LEVELS]
DEFECT_ROWS = 4


class DefectForm(forms.Form):
    """One kind of defect; an empty row says nothing, half a row is asked about: a fault named without its units must not pass a lot."""

    defect_class = forms.ChoiceField(label=_("等级"), choices=DEFECT_CLASSES, required=False, initial="major")
    kind = forms.CharField(label=_("缺陷"), max_length=40, required=False)
    units = forms.IntegerField(label=_("件数"), min_value=0, required=False)
    photo = forms.FileField(
        label=_("照片"), required=False, widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"})
    )

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("units") and not said.get("kind"):
            self.add_error("kind", _("写明是什么缺陷"))
        if (said.get("kind") or said.get("photo")) and not said.get("units") and "units" not in self.errors:
            self.add_error("units", _("写明有几件；没有缺陷就把这一行清空"))
        return said

    def said(self) -> DefectSaid | None:
        values = self.cleaned_data
        if not values.get("units"):
            return None
        photo = values.get("photo")
        photos = (Brought(photo.name, photo),) if photo else ()
        return DefectSaid(DefectClass(values["defect_class"] or "major"), values["kind"], values["units"], photos)


def defect_forms(request: HttpRequest) -> list[DefectForm]:
    """This function will give the rows an inspector reports defects in."""
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return [DefectForm(*given, prefix=f"defect{place}") for place in range(DEFECT_ROWS)]


class PolicyForm(forms.Form):
    """How a category is inspected."""

    category = forms.ChoiceField(label=_("类目"))
    level = forms.ChoiceField(label=_("检验水平"), choices=LEVELS, initial="II")
    major_milli = forms.TypedChoiceField(label=_("严重缺陷 AQL"), choices=AQLS, coerce=int, initial=2_500)
    minor_milli = forms.TypedChoiceField(label=_("轻微缺陷 AQL"), choices=AQLS, coerce=int, initial=4_000)
    needs_sample = forms.BooleanField(label=_("采购前要有合格的产前样"), required=False)
    needs_spot = forms.BooleanField(label=_("开播前要抽查"), required=False)

    def __init__(self, *args: object, categories: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = categories


class PlanForm(forms.Form):
    """The calculator: which plan the standard gives."""

    lot = forms.IntegerField(label=_("批量（件）"), min_value=2, max_value=100_000_000, initial=2_000)
    level = forms.ChoiceField(label=_("检验水平"), choices=LEVELS, initial="II")
    aql = forms.TypedChoiceField(label="AQL", choices=AQLS, coerce=int, initial=2_500)
    severity = forms.ChoiceField(label=_("严格度"), choices=SEVERITIES, initial="normal")


class SampleForm(forms.Form):
    """A pre-production sample."""

    supplier = forms.ChoiceField(label=_("供应商"), widget=LongSelect)
    sku = forms.ChoiceField(label=_("货号"), widget=LongSelect)
    units = forms.IntegerField(label=_("样品件数"), min_value=1, max_value=1_000, initial=2)

    def __init__(self, *args: object, actor: Actor, suppliers: list[Supplier], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].choices = [(one.pk, one.name) for one in suppliers]
        self.fields["sku"].choices = sku_choices(actor)


class SpotForm(forms.Form):
    """A lot to be looked at before a session."""

    lot = forms.ChoiceField(label=_("批次"), widget=LongSelect)

    def __init__(self, *args: object, lots: list[tuple[object, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lot"].choices = lots


class HandOverForm(forms.Form):
    """Who has held units, and where."""

    holder = forms.ChoiceField(label=_("保管人"))
    place = forms.CharField(label=_("存放位置"), max_length=60)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].choices = people_choices()


class SettleForm(forms.Form):
    """What becomes of held units, all that are left or some of them; `left_seen` tells a second press from a second decision."""

    outcome = forms.ChoiceField(
        label=_("怎么处置"),
        choices=(("repeat", _("返工后复检")), ("returned", _("退供应商")), ("scrapped", _("报废")), ("released", _("让步接收，恢复可售"))),
    )
    units = forms.IntegerField(label=_("处置几件"), min_value=1)
    reason = forms.CharField(label=_("原因"), max_length=300)
    left_seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: object, left: int, **kwargs: object) -> None:
        super().__init__(*args, initial={"units": left, "left_seen": left}, **kwargs)
        self.fields["units"].help_text = _("还在隔离的有 %(left)s 件；分几次处置就填这一次的件数") % {"left": left}


class ReportForm(forms.Form):
    """A third party's report."""

    report = forms.FileField(label=_("报告文件"), widget=forms.ClearableFileInput(attrs={"accept": ".pdf,image/*"}))
    issuer = forms.CharField(label=_("出具机构"), max_length=60)


class SeverityForm(forms.Form):
    """A decision of the responsible person on a supplier's inspection."""

    supplier = forms.UUIDField()
    category = forms.CharField(max_length=30)
    happening = forms.ChoiceField(choices=(("reduced_allowed", ""), ("reduced_ended", ""), ("resumed", "")))
    reason = forms.CharField(max_length=300)


