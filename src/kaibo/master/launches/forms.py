"""What people type about launches."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from kaibo.master.people.queries import choices as people_choices
from kaibo.plumbing.access.actor import Actor


class LaunchForm(forms.Form):
    """A new launch."""

    title = forms.CharField(label=_("商品或批次名称"), max_length=120)
    shop = forms.ChoiceField(label=_("店铺"))
    owner = forms.ChoiceField(label=_("负责人"))
    on_air_at = forms.DateTimeField(
        label=_("计划开播时间"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=_("填了就按倒推日历排好每一环节的截止时间"),
    )

    def __init__(self, *args: object, actor: Actor, shops: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = [(shop.pk, shop.name) for shop in shops]
        self.fields["owner"].choices = people_choices()
        self.fields["owner"].initial = actor.person_id


class StagePlanForm(forms.Form):
    """Who owns a stage and by when."""

    stage = forms.ChoiceField(label=_("环节"))
    owner = forms.ChoiceField(label=_("负责人"))
    due_at = forms.DateTimeField(
        label=_("截止"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def __init__(self, *args: object, stages: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = stages
        self.fields["owner"].choices = people_choices()
