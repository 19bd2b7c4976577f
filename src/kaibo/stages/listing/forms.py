"""Forms of listing."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kaibo.kit.errors import KaiboError
from kaibo.kit.money import fen_from_text
from kaibo.stages.listing.models import Listing
from kaibo.stages.listing.rules import TitleParts, split_words


class TitleForm(forms.Form):
    """The parts of a title; the title itself may be written by hand, or is built from the parts when empty."""

    core = forms.CharField(label=_("核心词"), max_length=40, help_text=_("买家搜的品类词，例如：双面呢外套"))
    attributes = forms.CharField(label=_("属性词"), max_length=200, required=False, help_text=_("材质、版型、颜色，用空格隔开"))
    scenes = forms.CharField(label=_("场景词"), max_length=200, required=False, help_text=_("季节、场合、人群，用空格隔开"))
    title = forms.CharField(label=_("标题"), max_length=300, required=False, help_text=_("留空就按公式拼：场景词 + 属性词 + 核心词"))
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def parts(self, listing: Listing) -> TitleParts:
        """This function will give what was filled in as the rules take it."""
        d = self.cleaned_data
        return TitleParts(d["core"].strip(), split_words(d["attributes"]), split_words(d["scenes"]), listing.product.brand)


def title_initial(listing: Listing) -> dict[str, object]:
    return {
        "core": listing.core_word, "attributes": " ".join(listing.attribute_words), "scenes": " ".join(listing.scene_words), "title": listing.title,
        "revision": listing.revision,
    }


class PriceForm(forms.Form):
    price = forms.CharField(max_length=18)
    reason = forms.CharField(max_length=300, required=False)

    def clean_price(self) -> int:
        try:
            return fen_from_text(self.cleaned_data["price"])
        except KaiboError as unreadable:
            raise ValidationError(unreadable.message("zh")) from unreadable
