"""Forms of selection: texts in, typed drafts out."""

from __future__ import annotations

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from kaibo.kit.clock import from_shanghai
from kaibo.kit.errors import KaiboError
from kaibo.kit.money import fen_from_text, plain_yuan
from kaibo.master.catalog.services import NewSku
from kaibo.plumbing.intake.cells import percent_bp
from kaibo.stages.selection.models import Candidate
from kaibo.stages.selection.rules import Economics, Position
from kaibo.stages.selection.services import Draft

POSITIONS = (
    ("", _("还没定")), (Position.PRICE, _("价格")), (Position.QUALITY, _("质量")), (Position.FUNCTION, _("功能")),
    (Position.DESIGN, _("设计")), (Position.SERVICE, _("服务")),
)
POSITION_WORDS = dict(POSITIONS)
GOODS_KINDS = (
    ("", _("还没定")), ("standard", _("标品爆款（靠供应链）")), ("creative", _("非标创意（靠内容）")), ("durable", _("高客单耐用品（靠资金）")),
)
GOODS_KIND_WORDS = dict(GOODS_KINDS)


class YuanField(forms.CharField):
    """Yuan as people write them, in fen."""

    def to_python(self, value: object) -> int | None:
        written = super().to_python(value)
        if not written:
            return None
        try:
            return fen_from_text(written)
        except KaiboError as unreadable:
            raise ValidationError(unreadable.message("zh")) from unreadable

    def prepare_value(self, value: object) -> object:
        return plain_yuan(value) if isinstance(value, int) else value

    def has_changed(self, initial: object, data: object) -> bool:
        return True


class PercentField(forms.CharField):
    """A percentage as people write it (`35%`, `35`), in basis points."""

    def to_python(self, value: object) -> int | None:
        written = super().to_python(value)
        if not written:
            return None
        try:
            return percent_bp(written if written.endswith(("%", "％")) else f"{written}%")
        except KaiboError as unreadable:
            raise ValidationError(unreadable.message("zh")) from unreadable

    def prepare_value(self, value: object) -> object:
        return f"{value / 100:g}%" if isinstance(value, int) else value


class MarketForm(forms.Form):
    title = forms.CharField(label=_("市场名称"), max_length=60, help_text=_("买家怎么叫这类货，例如：双面呢外套"))
    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)

    def __init__(self, *args: object, shops: list[tuple[object, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops


class ReferenceForm(forms.Form):
    reference_fen = YuanField(label=_("参考中间价"), help_text=_("买家觉得“不贵也不便宜”的价格"))
    source = forms.CharField(label=_("来源"), max_length=200, help_text=_("例如：2026-11 平台市场行情；问卷 212 份"))


class CandidateForm(forms.Form):
    """Everything about a candidate on one page."""

    title = forms.CharField(label=_("商品名称"), max_length=120)
    code = forms.CharField(label=_("商品编码"), max_length=40)
    shop = forms.TypedChoiceField(label=_("店铺"), coerce=str)
    category = forms.ChoiceField(label=_("类目"))
    market = forms.ChoiceField(label=_("来自哪个市场"), required=False)
    position = forms.ChoiceField(label=_("差异化定位"), choices=POSITIONS, required=False)
    goods_kind = forms.ChoiceField(label=_("靠哪种优势卖"), choices=GOODS_KINDS, required=False, help_text=_("评分时拿它和自家优势对照（SEL-9）"))
    cost_fen = YuanField(label=_("成本"))
    price_fen = YuanField(label=_("售价"))
    return_bp = PercentField(label=_("预计退货率"), help_text=_("服装直播常在 30% 以上，请按自己店的历史填"))
    freight_fen = YuanField(label=_("发货运费"), required=False)
    return_loss_fen = YuanField(label=_("每件退货损失"), required=False, help_text=_("退回运费、整烫、包装、折损"))
    commission_bp = PercentField(label=_("平台与达人佣金"), required=False)
    value_proposition = forms.CharField(
        label=_("一句话价值主张"), max_length=120, required=False, help_text=_("给谁、解决什么、凭什么。标题、详情和话术都从它来")
    )
    selling_points = forms.CharField(
        label=_("核心卖点（1–3 条，一行一条）"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("主播一口气能念完，每条不超过 18 个字")
    )
    skus = forms.CharField(
        label=_("规格与货号（一行一个）"), required=False, widget=forms.Textarea(attrs={"rows": 4, "placeholder": "KB-2501-B-M, 黑色 / M, 210, 599"}),
        help_text=_("货号, 规格, 成本, 售价；后两项不写就用上面的"),
    )
    on_air_at = forms.DateTimeField(label=_("计划开播时间"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
    owner = forms.ChoiceField(label=_("上新负责人"), required=False)

    def __init__(
        self, *args: object, shops: list, categories: list, markets: list, people: list, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].choices = shops
        self.fields["category"].choices = categories
        self.fields["market"].choices = [("", _t("不从市场来")), *markets]
        self.fields["owner"].choices = [("", _t("我自己")), *people]

    def clean_selling_points(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["selling_points"].splitlines() if line.strip()]

    def clean_on_air_at(self) -> object:
        moment = self.cleaned_data["on_air_at"]
        return from_shanghai(moment.replace(tzinfo=None)) if moment else None

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        if "skus" in cleaned and "cost_fen" in cleaned and "price_fen" in cleaned:
            try:
                cleaned["skus"] = [_sku(line, cleaned) for line in cleaned["skus"].splitlines() if line.strip()]
            except ValidationError as wrong:
                self.add_error("skus", wrong)
        return cleaned

    def draft(self) -> Draft:
        """This function will give what was filled in as the service takes it."""
        d = self.cleaned_data
        return Draft(
            title=d["title"], code=d["code"], category=d["category"], market_id=d["market"] or None, position=d["position"], goods_kind=d["goods_kind"],
            value_proposition=d["value_proposition"], selling_points=d["selling_points"], skus=d["skus"], on_air_at=d["on_air_at"],
            owner_id=d["owner"] or None,
            economics=Economics(
                d["cost_fen"], d["price_fen"], d["return_bp"], d["freight_fen"] or 0, d["return_loss_fen"] or 0, d["commission_bp"] or 0
            ),
        )


def _sku(line: str, cleaned: dict) -> NewSku:
    parts = [part.strip() for part in re.split(r"[,，\t]", line)]
    if len(parts) < 2 or not all(parts[:2]):
        raise ValidationError(_t("“%(line)s”要写成：货号, 规格") % {"line": line.strip()})
    try:
        cost = fen_from_text(parts[2]) if len(parts) > 2 and parts[2] else cleaned["cost_fen"]
        price = fen_from_text(parts[3]) if len(parts) > 3 and parts[3] else cleaned["price_fen"]
    except KaiboError as unreadable:
        raise ValidationError(unreadable.message("zh")) from unreadable
    if cost < 0 or price <= 0:
        raise ValidationError(_t("“%(line)s”的成本或售价不对") % {"line": line.strip()})
    return NewSku(parts[0], parts[1], cost, price)


def initial_of(candidate: Candidate) -> dict[str, object]:
    """This function will fill the form with what a candidate is now."""
    from_shop = candidate.on_air_at
    return {
        "title": candidate.title, "code": candidate.code, "shop": str(candidate.shop_id), "category": candidate.category_id,
        "market": str(candidate.market_id or ""), "position": candidate.position, "goods_kind": candidate.goods_kind, "cost_fen": candidate.cost_fen, "price_fen": candidate.price_fen,
        "return_bp": candidate.return_bp, "freight_fen": candidate.freight_fen, "return_loss_fen": candidate.return_loss_fen,
        "commission_bp": candidate.commission_bp, "value_proposition": candidate.value_proposition,
        "selling_points": "\n".join(candidate.selling_points), "owner": str(candidate.owner_id or ""), "on_air_at": from_shop,
        "skus": "\n".join(f"{one.code}, {one.specification}, {plain_yuan(one.cost_fen)}, {plain_yuan(one.price_fen)}" for one in candidate.skus.order_by("pk")),
    }
