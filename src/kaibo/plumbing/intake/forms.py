"""What people fill in to bring or take a file."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kaibo.plumbing.answers import ConsoleRequest
from kaibo.plumbing.intake import queries
from kaibo.plumbing.intake.cards import PLATFORM_TITLES

LARGEST_FILE_BYTES = 300 * 1024 * 1024


class UploadForm(forms.Form):
    """Which kind of file, from where, for which shop, and the file itself."""

    kind = forms.ChoiceField(label=_("这是什么表"))
    platform = forms.ChoiceField(label=_("来自哪个平台"), required=False)
    shop = forms.ChoiceField(label=_("属于哪家店"), required=False)
    file = forms.FileField(
        label=_("文件"),
        help_text=_("把文件拖到这里，或点击选择。xlsx、xls、csv、tsv、ods 都可以，不用改表头，不用转编码"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.xlsb,.ods,.csv,.tsv,.txt"}),
        error_messages={"empty": _("这个文件是空的")},
    )

    def __init__(self, *args: Any, request: ConsoleRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = queries.kinds_for(request.actor)
        language = get_language() or "zh"
        self.fields["kind"].choices = [(kind.key, kind.title(language)) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["kind"].initial = request.GET.get("kind", "")
        platforms = dict.fromkeys(platform for kind in kinds for platform in kind.platforms)
        self.fields["platform"].choices = [
            ("", _("不限")),
            *((one, PLATFORM_TITLES.get(one, one)) for one in platforms),
        ]  # type: ignore[attr-defined]
        self.fields["platform"].initial = request.GET.get("platform", "")
        self.fields["shop"].choices = [("", _("不限")), *((str(shop.pk), shop.name) for shop in request.shops)]  # type: ignore[attr-defined]
        self.fields["shop"].initial = str(request.shop_id or (request.shops[0].pk if len(request.shops) == 1 else ""))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE_BYTES:
            raise forms.ValidationError(_("文件超过 300 MB，请分成几个文件"))
        return file

    @property
    def shop_id(self) -> UUID | None:
        chosen = self.cleaned_data.get("shop")
        return UUID(chosen) if chosen else None


class ExportForm(forms.Form):
    """From which day to which, and in what form."""

    first = forms.DateField(label=_("从"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("到"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    format = forms.ChoiceField(
        label=_("格式"), choices=[("xlsx", "Excel (xlsx)"), ("csv", "CSV"), ("parquet", "Parquet")]
    )

    @staticmethod
    def is_day(said: str) -> bool:
        try:
            date.fromisoformat(said)
        except ValueError:
            return False
        return True
