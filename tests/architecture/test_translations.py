"""English is complete: every Chinese text of the console and every complaint has it."""

from __future__ import annotations

import importlib
import pkgutil
import re

import kaibo
from kaibo.kit.errors import KaiboError
from tools import translations

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def reads_as_english(text: str) -> bool:
    """A word that stands in a platform's file may be quoted in Chinese; the sentence around it may not be Chinese."""
    return len(CHINESE.findall(text)) * 4 <= len(text)


def test_every_text_has_english():
    lacking = [f"{text.place}: {text.msgid}" for text in translations.missing()]
    assert lacking == [], "python -m tools.translations prints them ready to paste"


def test_no_template_shows_chinese_outside_a_translation_tag():
    assert translations.untranslatable() == []


def test_a_chinese_text_reads_the_same_on_every_english_page():
    """Catalogues are merged: of two readings only one would ever be shown, on the pages of both."""
    assert translations.ambiguous() == []


def test_english_texts_hold_no_chinese_and_keep_the_placeholders():
    import polib

    wrong = []
    for path in translations.SOURCE.glob("**/locale/en/LC_MESSAGES/django.po"):
        for entry in polib.pofile(str(path)).translated_entries():
            english = [entry.msgstr, *entry.msgstr_plural.values()]
            for text in filter(None, english):
                if not reads_as_english(text) and entry.msgid not in translations.NAMES:
                    wrong.append(f"{path.parent.parent.parent.parent.name}: Chinese in English: {text}")
                if not entry.msgid_plural and placeholders(text) != placeholders(entry.msgid):
                    wrong.append(f"{path.parent.parent.parent.parent.name}: placeholders differ: {entry.msgid}")
    assert wrong == []


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))


def test_every_complaint_speaks_both_languages():
    for module in pkgutil.walk_packages(kaibo.__path__, "kaibo."):
        if ".migrations" not in module.name and not module.name.endswith(("__main__", ".asgi")):
            importlib.import_module(module.name)
    wrong = [f"{one.__module__}.{one.__name__}" for one in complaints(KaiboError) if not reads_as_english(one.message_en) or not CHINESE.search(one.message_zh)]
    assert sorted(wrong) == []


def complaints(kind: type[KaiboError]) -> set[type[KaiboError]]:
    below = {one for one in kind.__subclasses__() if one.__module__.startswith("kaibo.")}
    return below | {deeper for one in below for deeper in complaints(one)}


def test_a_quoted_word_is_fine_in_english_and_a_chinese_sentence_is_not():
    assert reads_as_english("“{text}”: write 是 or 否 (yes or no)")
    assert not reads_as_english("SPU 编码")
    assert not reads_as_english("库存不足")


class TestTheExtractionItself:
    def test_finds_texts_of_python_in_every_form(self):
        source = 'a = _("甲")\nb = gettext_lazy("乙" "丙")\nc = pgettext("x", "丁")\nd = ngettext("一件", "多件", n)\ne = t.gettext("戊")\nf = other("己")'
        assert list(translations.from_python(source)) == [
            ("_", ["甲"]), ("gettext_lazy", ["乙丙"]), ("pgettext", ["x", "丁"]), ("ngettext", ["一件", "多件"]), ("gettext", ["戊"]),
        ]

    def test_finds_texts_of_templates_in_every_form(self):
        source = (
            '{% translate "甲" %}{% blocktranslate trimmed with n=x %}\n 共 {{ n }} 件\n{% endblocktranslate %}'
            '{% include "x.html" with label=_("乙") %}{{ _("丙") }}'
            "{% blocktranslate count n=x %}一件{% plural %}{{ n }} 件{% endblocktranslate %}"
            '{% translate "丁" context "动词" %}'
        )
        assert list(translations.from_template(source)) == [
            ("gettext", ["甲"]), ("gettext", ["共 %(n)s 件"]), ("_", ["乙"]), ("_", ["丙"]), ("ngettext", ["一件", "%(n)s 件"]), ("pgettext", ["动词", "丁"]),
        ]

    def test_a_text_without_english_is_missing_and_one_with_english_is_not(self):
        known = next(iter(sorted(translations.translated())))
        texts = [translations.Text("console", known[1], context=known[0]), translations.Text("console", "谁也没译过的这一句")]
        assert [text.msgid for text in translations.missing(texts)] == ["谁也没译过的这一句"]

    def test_chinese_outside_tags_is_found_and_inside_is_not(self):
        source = '<p>裸露</p>{% translate "包好" %}{# 注释 #}{% blocktranslate %}包好{% endblocktranslate %}{% include "x" with a="漏网" b=_("包好") %}<em>开</em>播'
        assert translations.bare_chinese(source) == ["<p>裸露</p>", 'include "x" with a="漏网" b=']
