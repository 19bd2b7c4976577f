"""Modules joined to one file (LIV-9): same behaviour, one request, and a clear word about what cannot be joined."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from kaibo.room.joining import NotJoinable, fetched_later, in_order, join
from kaibo.room.pages import STATIC, Pages

WORDS = 'export const greeting = "hello";\nexport function greet(name) { return `${greeting} ${name}`; }\n'
ENTRY = 'import { greet } from "./words.js";\nconst words = greet("Lin");\nconsole.log(words);\n'


def run(source: str, tmp_path) -> str:
    if (node := shutil.which("node")) is None:
        pytest.skip("node is not installed")
    (tmp_path / "joined.mjs").write_text(source)
    return subprocess.run([node, tmp_path / "joined.mjs"], capture_output=True, text=True, check=True).stdout  # noqa: S603


def test_a_joined_file_does_what_its_modules_did(tmp_path):
    assert run(join("entry.js", {"entry.js": ENTRY, "words.js": WORDS}), tmp_path) == "hello Lin\n"


def test_a_private_name_of_one_module_stays_its_own(tmp_path):
    modules = {
        "entry.js": 'import { one } from "./one.js";\nimport { two } from "./two.js";\nconsole.log(one(), two());\n',
        "one.js": 'const word = "first";\nexport const one = () => word;\n',
        "two.js": 'import { one } from "./one.js";\nconst word = "second";\nexport const two = () => `${word} after ${one()}`;\n',
    }
    assert in_order("entry.js", modules) == ["one.js", "two.js", "entry.js"]
    assert run(join("entry.js", modules), tmp_path) == "first second after first\n"


def test_a_module_fetched_later_shares_what_the_page_started_with():
    modules = {
        "entry.js": ENTRY + 'import("./later.js").then(({ say }) => say());\n',
        "words.js": WORDS,
        "later.js": 'import { greet } from "./words.js";\nimport { extra } from "./extra.js";\nexport const say = () => greet(extra);\n',
        "extra.js": 'export const extra = "again";\n',
    }
    later = fetched_later("entry.js", modules)
    assert sorted(later) == ["extra.js", "later.js"]
    assert later["later.js"].splitlines()[:2] == ['import { greet } from "./entry.js";', 'import { extra } from "./extra.js";']


@pytest.mark.parametrize(
    ("modules", "why"),
    [
        ({"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}, "circle"),
        ({"a.js": 'import { b } from "./b.js";\n'}, "b.js, which is not there"),
        ({"a.js": 'import * as b from "./b.js";\n', "b.js": ""}, "import * as b"),
        ({"a.js": 'import { b as c } from "./b.js";\n', "b.js": "export const b = 1;\n"}, "under another"),
        ({"a.js": "export default 1;\n"}, "export default"),
        ({"a.js": "export let counted = 1;\n"}, "export let"),
        (
            {"a.js": 'import { x } from "./b.js";\nimport { y } from "./c.js";\n', "b.js": "export const x = 1;\nexport const z = 1;\n",
             "c.js": "export const y = 2;\nexport const z = 2;\n"},
            "c.js and b.js both export z",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_joined_is_named(modules, why):
    with pytest.raises(NotJoinable, match=re.escape(why)):
        join("a.js", modules)


def test_the_room_starts_with_one_script_and_one_stylesheet_that_hold_all_it_imports():
    pages = Pages()
    page = pages._pages["room.html"]
    assert re.findall(r'(?:src|href)="/static/[0-9a-f]{12}/([^"]+\.(?:js|css))"', page) == ["room/room.css", "room/room.js"]
    script = pages._assets["room/room.js"].plain.decode()
    sources = {path.name: path.read_text() for path in STATIC.glob("*.js")}
    for name in in_order("room.js", sources):
        longest = max((line for line in sources[name].splitlines() if not line.startswith(("import", "export"))), key=len)
        assert longest in script, name
    style = pages._assets["room/room.css"].plain.decode()
    assert all((STATIC / name).read_text() in style for name in ("room.css", "talk.css", "paying.css"))


def test_everything_fetched_later_can_be_had_beside_the_start():
    pages = Pages()
    for name, asset in pages._assets.items():
        if not name.startswith(("room/", "draw/")) or not name.endswith(".js"):
            continue
        folder = name.partition("/")[0]
        for wanted in re.findall(r'(?:from |import\()"\./([\w.-]+\.js)"', asset.plain.decode()):
            assert f"{folder}/{wanted}" in pages._assets, f"{name} asks for {wanted}"
