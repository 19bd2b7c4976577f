"""A long choice reads as Django's own."""

import uuid

import pytest
from django import forms
from django.test.html import parse_html

from kaibo.plumbing.long_select import LongSelect

ITEM = uuid.UUID(int=7)
CHOICES = [("", "—"), (ITEM, 'KB-1 · <b>"外套"</b>'), (uuid.UUID(int=8), "KB-2 · 毛衣"), (3, "三")]


def drawn(widget, initial):
    class Form(forms.Form):
        sku = forms.ChoiceField(choices=CHOICES, widget=widget, help_text="选一个")

    return parse_html(str(Form(initial={"sku": initial})["sku"]))


@pytest.mark.parametrize("initial", [None, "", ITEM, str(ITEM), 3, "nothing of these"])
def test_it_reads_as_djangos_own(initial):
    assert drawn(LongSelect(attrs={"class": "input"}), initial) == drawn(forms.Select(attrs={"class": "input"}), initial)
