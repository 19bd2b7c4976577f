"""Catalogues are compiled where they are missing or old, and left alone otherwise."""

from __future__ import annotations

import gettext
import os

import pytest

from kaibo.config.catalogues import compile_stale


@pytest.fixture
def po(tmp_path):
    path = tmp_path / "app/locale/en/LC_MESSAGES/django.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "库存"\nmsgstr "Stock"\n', encoding="utf-8")
    return path


def test_a_new_catalogue_is_compiled_and_read_by_gettext(tmp_path, po):
    assert compile_stale(tmp_path) == [po.with_suffix(".mo")]
    with po.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("库存") == "Stock"


def test_only_a_changed_catalogue_is_compiled_again(tmp_path, po):
    compile_stale(tmp_path)
    assert compile_stale(tmp_path) == []
    later = po.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(po, ns=(later, later))
    assert compile_stale(tmp_path) == [po.with_suffix(".mo")]
    assert sorted(path.name for path in po.parent.iterdir()) == ["django.mo", "django.po"]
