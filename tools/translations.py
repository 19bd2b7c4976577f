"""
Which Chinese texts lack English. `python -m tools.translations` prints them per app, ready to paste into its django.po.

Texts are found where gettext finds them: `{% translate %}`, `{% blocktranslate %}` and `_("…")` in templates, `_`, `gettext_lazy` and
their kin in Python. A text may be translated in any app's catalogue, as Django merges them all.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.template.base import Lexer, TokenType
from django.utils.translation.template import constant_re, templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "kaibo"
GROUPS = {"stages", "master", "plumbing", "channels"}
SIMPLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
PLURAL_CONTEXT = {"npgettext", "npgettext_lazy"}
STRING = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALL = re.compile(rf"(?<![\w.])(?P<name>n?p?gettext|_)\(\s*(?P<texts>{STRING}(?:\s*,\s*{STRING})*)", re.DOTALL)
NAMES = ("<em>开</em>播", "开播", "中文")  # the program's own name and a language's name for itself read the same everywhere
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text to translate: where it stands, its context if any, its plural if any."""

    app: str
    msgid: str
    context: str = ""
    plural: str = ""
    place: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.msgid


def from_python(source: str) -> Iterator[tuple[str, list[str]]]:
    """This function will give (function, its leading literal texts) of each gettext call of a module."""
    if "_(" not in source and "gettext" not in source:
        return  # reading the grammar of every module takes seconds
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := call_name(node.func)) in SIMPLE | PLURAL | CONTEXT | PLURAL_CONTEXT:
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if texts:
                yield name, texts


def from_template(source: str) -> Iterator[tuple[str, list[str]]]:
    """This function will give the same for a template, as Django's own extraction reads it."""
    for call in CALL.finditer(templatize(source)):
        yield call["name"], [ast.literal_eval(text) for text in re.findall(STRING, call["texts"])]


def bare_chinese(source: str) -> list[str]:
    """This function will give the Chinese of a template that no translation tag holds, and that so stays Chinese for everyone."""
    found, inside = [], ""
    for token in Lexer(source).tokenize():
        words = token.split_contents() if token.token_type is TokenType.BLOCK else [""]
        if inside:
            inside = "" if words[0] == f"end{inside}" else inside
        elif words[0] in {"blocktranslate", "blocktrans", "comment"}:
            inside = words[0]
        elif words[0] not in {"translate", "trans"} and token.token_type is not TokenType.COMMENT:
            rest = token.contents if token.token_type is TokenType.TEXT else constant_re.sub("", token.contents)
            found += [line.strip() for line in without_names(rest).splitlines() if CHINESE.search(line)]
    return found


def without_names(html: str) -> str:
    html = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    for name in NAMES:
        html = html.replace(name, "")
    return html


def call_name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def app_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    if parts[0] in GROUPS:
        return "/".join(parts[:2]) if len(parts) > 2 else "console"
    return parts[0]


def texts() -> list[Text]:
    """This function will list every text the program may show through gettext."""
    found = []
    for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("templates/**/*.txt")]):
        read = from_python if path.suffix == ".py" else from_template
        for name, words in read(path.read_text(encoding="utf-8")):
            found.append(text_of(name, words, app_of(path), path.relative_to(ROOT).as_posix()))
    return found


def text_of(name: str, words: list[str], app: str, place: str) -> Text:
    if name in PLURAL_CONTEXT and len(words) > 2:
        return Text(app, words[1], context=words[0], plural=words[2], place=place)
    if name in CONTEXT and len(words) > 1:
        return Text(app, words[1], context=words[0], place=place)
    if name in PLURAL and len(words) > 1:
        return Text(app, words[0], plural=words[1], place=place)
    return Text(app, words[0], place=place)


def translated() -> set[tuple[str, str]]:
    """This function will give what has English in some catalogue; fuzzy and obsolete entries do not count."""
    known = set()
    for po in SOURCE.glob("**/locale/en/LC_MESSAGES/django.po"):
        known |= {(one.msgctxt or "", one.msgid) for one in polib.pofile(str(po)) if one.translated()}
    return known


def missing(all_texts: Iterable[Text] | None = None) -> list[Text]:
    """This function will list each Chinese text without English once per app, in the order of apps and texts."""
    known = translated()
    lacking = {(one.app, one.key): one for one in (texts() if all_texts is None else all_texts) if one.key not in known and CHINESE.search(one.msgid)}
    return sorted(lacking.values())


def pasteable(text: Text) -> str:
    entry = polib.POEntry(msgid=text.msgid, msgctxt=text.context or None, msgid_plural=text.plural, occurrences=[(text.place, "")])
    if text.plural:
        entry.msgstr_plural = {0: "", 1: ""}
    return str(entry)


def untranslatable() -> list[str]:
    """This function will list `path: text` of Chinese in templates outside every translation tag."""
    return [
        f"{path.relative_to(ROOT)}: {line}"
        for path in sorted(SOURCE.rglob("templates/**/*.html"))
        for line in bare_chinese(path.read_text(encoding="utf-8"))
    ]


def ambiguous() -> list[str]:
    """This function will list Chinese texts that two catalogues put into different English: merged, all pages would show that of one of them."""
    english: dict[tuple[str, str], set[str]] = {}
    for po in SOURCE.glob("**/locale/en/LC_MESSAGES/django.po"):
        for one in polib.pofile(str(po)):
            if one.translated():
                english.setdefault((one.msgctxt or "", one.msgid), set()).add(one.msgstr or str(sorted(one.msgstr_plural.items())))
    return [f"{msgid!r}: {', '.join(map(repr, sorted(several)))}" for (_, msgid), several in sorted(english.items()) if len(several) > 1]


def main() -> int:
    lacking, app = missing(), ""
    for text in lacking:
        if text.app != app:
            app = text.app
            print(f"\n# ---- src/kaibo/{app}/locale/en/LC_MESSAGES/django.po")
        print(pasteable(text))
    bare = untranslatable()
    print("\n".join(["", "# outside every translation tag:", *bare]) if bare else "")
    twice = ambiguous()
    print("\n".join(["", "# read in two ways; say one of them otherwise in Chinese:", *twice]) if twice else "")
    print(f"{len(lacking)} texts lack English, {len(bare)} lines cannot be translated, {len(twice)} are read in two ways", file=sys.stderr)
    return 1 if lacking or bare or twice else 0


if __name__ == "__main__":
    sys.exit(main())
