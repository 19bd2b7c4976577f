"""Forms of compliance."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kaibo.language.lexicon import SURFACES
from kaibo.plumbing.long_select import LongSelect

SURFACE_WORDS = {"title": _("标题"), "detail": _("详情页"), "script": _("话术口播"), "chat": _("直播间聊天"), "reply": _("客服回复")}
FILE_TYPES = {"image/jpeg", "image/png", "image/webp", "application/pdf"}
MOST_FILE_MB = 20


class DocumentForm(forms.Form):
    """A document with its file."""

    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)
    kind = forms.ChoiceField(label=_("资质类型"))
    number = forms.CharField(label=_("证号"), max_length=60)
    issuer = forms.CharField(label=_("发证机关"), max_length=80, required=False)
    valid_from = forms.DateField(label=_("生效日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    valid_until = forms.DateField(
        label=_("到期日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), help_text=_("长期有效就留空；当天仍有效")
    )
    product = forms.ChoiceField(label=_("只适用于某个商品"), widget=LongSelect, required=False)
    claims = forms.MultipleChoiceField(
        label=_("写明的功效"), required=False, widget=forms.SelectMultiple(attrs={"size": 6}), help_text=_("备案、注册证或功效报告上写了哪些就选哪些；别的资质不用选")
    )
    file = forms.FileField(label=_("扫描件（图片或 PDF）"), required=False)
    renews = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: object, shops: list, kinds: list, products: list, claims: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops
        self.fields["kind"].choices = kinds
        self.fields["claims"].choices = claims
        self.fields["product"].choices = [("", _t("整个店铺")), *products]

    def clean_file(self) -> object:
        found = self.cleaned_data["file"]
        if found and found.content_type not in FILE_TYPES:
            raise forms.ValidationError(_t("只收图片（JPG、PNG、WebP）或 PDF"))
        if found and found.size > MOST_FILE_MB << 20:
            raise forms.ValidationError(_t("文件超过 %(most)s MB") % {"most": MOST_FILE_MB})
        return found


class WordForm(forms.Form):
    """A word of the house's own, what it rests on, and where it holds."""

    word = forms.CharField(label=_("词"), max_length=40, widget=forms.TextInput(attrs={"data-key": "/"}))
    severity = forms.ChoiceField(label=_("怎么处理"), choices=[("block", _("不能用")), ("review", _("要人判断")), ("innocent", _("放行"))])
    source = forms.CharField(label=_("依据"), max_length=200, help_text=_("法条、平台规则或店内约定"))
    suggestion = forms.CharField(label=_("改成什么"), max_length=200, required=False, help_text=_("写能直接替换上去的字"))
    surfaces = forms.MultipleChoiceField(
        label=_("用在哪里"), choices=[(one, SURFACE_WORDS[one]) for one in SURFACES], initial=list(SURFACES), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(label=_("为什么改"), max_length=200, required=False, help_text=_("留空就记依据"))

    def __init__(self, *args: object, fixed_word: str = "", **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if fixed_word:  # another spelling is another word
            del self.fields["word"]
            self.fields["reason"].required = True
            self.fields["reason"].help_text = ""

    def wording(self) -> dict[str, Any]:
        """This function will give what is said of the word, as services take it."""
        said = self.cleaned_data
        return {"severity": said["severity"], "source": said["source"], "suggestion": said["suggestion"], "surfaces": tuple(said["surfaces"])}


class TrialForm(forms.Form):
    """A text to be judged by several versions, kept nowhere."""

    text = forms.CharField(label=_("文字"), max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 4, "data-key": "/"}))
    surface = forms.ChoiceField(label=_("用在哪里"), choices=[(one, SURFACE_WORDS[one]) for one in SURFACES])
    category = forms.ChoiceField(label=_("类目"), required=False)
    number = forms.TypedChoiceField(label=_("再比哪一版"), coerce=int)

    def __init__(self, *args: object, categories: list, numbers: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", _t("不确定")), *categories]
        self.fields["number"].choices = [*((one, _t("第 %(number)s 版") % {"number": one}) for one in numbers), (0, _t("只用随程序来的词库"))]


class ScreeningForm(forms.Form):
    """Any text, where it will stand, and for what kind of goods."""

    text = forms.CharField(label=_("文字"), max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 7, "data-key": "/"}))
    surface = forms.ChoiceField(label=_("用在哪里"), choices=[(one, SURFACE_WORDS[one]) for one in SURFACES])
    category = forms.ChoiceField(label=_("类目"), required=False, help_text=_("不选类目时，只在某些类目禁用的词会列为“要人判断”"))
    product = forms.ChoiceField(label=_("关联商品"), widget=LongSelect, required=False, help_text=_("选了商品，没解决的问题会让它的合规亮灯"))

    def __init__(self, *args: object, categories: list, products: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", _t("不确定")), *categories]
        self.fields["product"].choices = [("", _t("不关联")), *products]
