"""Every Chinese text of imports and lists has its English."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest

PLUMBING = Path(__file__).resolve().parents[3] / "src" / "kaibo" / "plumbing"


@pytest.mark.parametrize("app", ["intake", "tables"])
def test_every_text_is_translated(app):
    said: set[str] = set()
    for path in (PLUMBING / app).rglob("*.html"):
        text = path.read_text()
        said |= {words for _, words in re.findall(r"""\{% translate (["'])(.*?)\1""", text)}
        said |= {re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", words) for words in re.findall(r"\{% blocktranslate.*?%\}(.*?)\{% endblocktranslate %\}", text, re.S)}
    for path in (PLUMBING / app).glob("*.py"):
        said |= set(re.findall(r"""\b_(?:now)?\("([^"]*)"\)""", path.read_text()))
    known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(PLUMBING / app / "locale/en/LC_MESSAGES/django.po"))}
    assert sorted(words for words in said if not known.get(words)) == []
    assert sorted(words for words in known if words not in said) == []
