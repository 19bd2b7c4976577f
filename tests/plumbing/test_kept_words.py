"""A notice is kept once and read by each person in his own language."""

from __future__ import annotations

import pytest
from django.utils import translation
from django.utils.translation import gettext_noop

from kaibo.plumbing import kept_words
from kaibo.plumbing.notices import notices
from kaibo.plumbing.notices.models import Notice


@pytest.mark.parametrize(("language", "reads"), [("zh-hans", "售后 严重：双面呢外套"), ("en", "After-sales, serious: 双面呢外套")])
def test_a_kept_sentence_is_read_in_the_readers_language(language, reads) -> None:
    values = kept_words.kept({"severity": ("严重", "serious"), "goods": "双面呢外套"})
    with translation.override(language):
        assert kept_words.read(gettext_noop("售后 %(severity)s：%(goods)s"), values) == reads


def test_somebodys_own_words_with_a_per_cent_sign_stay_as_they_are() -> None:
    assert kept_words.read("库存只剩 5%，快补", {}) == "库存只剩 5%，快补"


@pytest.mark.django_db
def test_two_people_read_one_notice_in_two_languages(owner, now) -> None:
    title = gettext_noop("批次 %(lot)s 到货 %(units)s 件，待检")
    notices.tell([owner.person_id], key="inspect:1", title=title, values={"lot": "L-5%", "units": 300}, now=now)
    told = Notice.objects.get(key="inspect:1")
    with translation.override("en"):
        assert told.says == "Lot L-5%: 300 units arrived, to inspect"
    with translation.override("zh-hans"):
        assert told.says == "批次 L-5% 到货 300 件，待检"
