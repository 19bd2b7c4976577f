"""What people type about a retrospective."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.master.people.queries import choices


class AcceptForm(forms.Form):
    """Who does it, until when, in what words."""

    words = forms.CharField(label=_("行动"), max_length=200)
    owner = forms.ChoiceField(label=_("负责人"))
    due_on = forms.DateField(label=_("完成日"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [(str(key), name) for key, name in choices()]


class PlanForm(AcceptForm):
    """What is changed about a point of a product, by whom, until when."""


class LessonsForm(forms.Form):
    """What the next session takes along."""

    lessons = forms.CharField(
        label=_("结论（下一场会带上）"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("一行一条：保留什么、改什么、不再做什么"),
    )  # fmt: skip


class WorkbookForm(forms.Form):
    """The platform's own file of this session."""

    file = forms.FileField(label=_("罗盘单场导出（xlsx、csv）"))
