"""The dialogs of the verification page: three kinds, each only where its button is, and nothing of a buyer is taken for markup."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest
from django.utils import translation
from django.utils.safestring import SafeString

from kaibo.stages.orders.drawing import dialogs

PK, ORDER = UUID("01a20226-6110-7277-8224-2c36e3ebd073"), UUID("01a20226-6110-7277-8224-2c36e3ebd074")


def row(**more: object) -> dict[str, object]:
    return {
        "finding": SimpleNamespace(pk=PK), "order": SimpleNamespace(pk=ORDER), "number": "…0001", "field": "价格", "wrong": "<b>9</b>", "reason": "差 “50%”",
        "alike": 7, "items": SafeString('<option value="1">A</option>'), "may_be_held": False, "is_unknown": False, **more,
    }  # fmt: skip


def test_every_finding_can_be_kept_and_only_some_held_or_chosen():
    assert [dialogs([row(may_be_held=held, is_unknown=unknown)], "t").count("<dialog") for held, unknown in ((False, False), (True, False), (True, True))] == [1, 2, 3]
    assert dialogs([], "t") == ""


def test_what_a_buyer_wrote_is_never_markup():
    drawn = dialogs([row(may_be_held=True, is_unknown=True, number="<i>1</i>", reason='"><script>')], '"x')
    assert "<b>9</b>" not in drawn
    assert drawn.count("&lt;b&gt;9&lt;/b&gt;") == 3
    assert "<script>" not in drawn
    assert 'value="&quot;&gt;&lt;script&gt;"' in drawn
    assert drawn.count('name="csrfmiddlewaretoken" value="&quot;x"') == 3
    assert "<i>" not in drawn


def test_each_form_posts_to_its_own_deed():
    drawn = dialogs([row(may_be_held=True, is_unknown=True)], "t")
    for start in (f'<dialog id="keep-{PK}"><form method="post" action="/orders/', f'<dialog id="hold-{PK}"><form', f'<dialog id="pick-{PK}"><form'):
        assert start in drawn
    assert f'<input type="hidden" name="ids" value="{ORDER}">' in drawn
    assert '<option value=""></option><option value="1">A</option>' in drawn


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "…0001 的价格按原样保留？"), ("en", "Keep")])
def test_they_speak_the_language_of_the_request(language, said):
    with translation.override(language):
        assert said in dialogs([row()], "t")
