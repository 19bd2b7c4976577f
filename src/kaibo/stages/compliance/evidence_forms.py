"""Forms of prices, rights, pictures and rows of the matrix."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kaibo.master.catalog.forms import YuanField
from kaibo.master.shops.models import PLATFORM_CHOICES
from kaibo.plumbing.long_select import LongSelect

PICTURE_TYPES = {"image/jpeg", "image/png", "image/webp"}
MOST_PICTURE_MB = 20
RIGHT_KINDS = (
    ("design_patent", _("外观设计专利")), ("packaging_patent", _("包装专利")), ("utility_patent", _("实用新型或发明专利")), ("trademark", _("商标")), ("copyright", _("著作权")),
)  # fmt: skip
GRADE_WORDS = {"must": _("必须"), "should": _("建议"), "none": _("不要")}


def _day(**given: object) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


class AskForm(forms.Form):
    """A price and a struck-through price to be judged; nothing is kept."""

    price = YuanField(label=_("售价（元）"), required=False)
    struck = YuanField(label=_("划线价（元）"), required=False)


class StruckForm(forms.Form):
    """A struck-through price to be set."""

    price = YuanField(label=_("售价（元）"))
    struck = YuanField(label=_("划线价（元）"))
    evidence = forms.CharField(label=_("厂商建议零售价的证明"), max_length=200, required=False, help_text=_("没有成交可比时才用：函件、吊牌或官网截图的编号和日期"))
    evidence_until = _day(label=_("证明有效到"), required=False)


class RightForm(forms.Form):
    """A right for the register."""

    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)
    kind = forms.ChoiceField(label=_("种类"), choices=RIGHT_KINDS)
    title = forms.CharField(label=_("名称"), max_length=120)
    number = forms.CharField(label=_("专利号、注册号或登记号"), max_length=60)
    owner = forms.CharField(label=_("权利人"), max_length=80)
    authorisation = forms.CharField(label=_("授权书编号"), max_length=80, required=False, help_text=_("权利人不是我们自己时填"))
    valid_from = _day(label=_("生效日期"))
    valid_until = _day(label=_("到期日期"), required=False, help_text=_("长期有效就留空；当天仍有效"))
    product = forms.ChoiceField(label=_("只用于某个商品"), required=False, widget=LongSelect)

    def __init__(self, *args: object, shops: list, products: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops
        self.fields["product"].choices = [("", _t("整个店铺")), *products]


class PictureForm(forms.Form):
    """A picture of a product of ours, or of somebody else's goods with its origin."""

    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)
    product = forms.ChoiceField(label=_("我们的哪个商品"), required=False, widget=LongSelect, help_text=_("别人的图就留空，写明出处"))
    origin = forms.CharField(label=_("别人的图：出处"), max_length=200, required=False, help_text=_("哪家店、哪个链接、哪天看到的"))
    title = forms.CharField(label=_("别人的标题"), max_length=200, required=False)
    file = forms.FileField(label=_("图片（JPG、PNG、WebP）"))

    def __init__(self, *args: object, shops: list, products: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops
        self.fields["product"].choices = [("", _t("不是我们的")), *products]

    def clean_file(self) -> object:
        found = self.cleaned_data["file"]
        if found.content_type not in PICTURE_TYPES:
            raise forms.ValidationError(_t("只收图片（JPG、PNG、WebP）"))
        if found.size > MOST_PICTURE_MB << 20:
            raise forms.ValidationError(_t("文件超过 %(most)s MB") % {"most": MOST_PICTURE_MB})
        return found


class MatrixRowForm(forms.Form):
    """A row of the matrix: where, which documents, how strictly, on what ground, from when."""

    platform = forms.ChoiceField(label=_("平台"))
    shop_type = forms.CharField(label=_("店铺类型"), max_length=20, required=False, help_text=_("如 企业店、旗舰店、C店；不限就留空"))
    category = forms.ChoiceField(label=_("类目"))
    documents = forms.MultipleChoiceField(label=_("要哪些资质"), widget=forms.CheckboxSelectMultiple, required=False)
    grade = forms.ChoiceField(label=_("程度"), choices=list(GRADE_WORDS.items()), help_text=_("必须：缺了不能上架；建议：黄灯；不要：取消随程序来的这一行"))
    source = forms.CharField(label=_("依据"), max_length=200, help_text=_("平台规则页或法条，写上查看日期"))
    in_force_from = _day(label=_("从哪天起"))
    replaces = forms.CharField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: object, categories: list, kinds: list, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["platform"].choices = [("*", _t("所有平台")), *PLATFORM_CHOICES]
        self.fields["category"].choices = [("*", _t("所有类目")), *categories]
        self.fields["documents"].choices = kinds
