"""The style sheet keeps its promises: readable in light and dark, complete in both, no colour left to chance."""

import itertools
import re
from pathlib import Path

import pytest
from django.template import Context, Template

import kaibo.console

STATIC = Path(kaibo.console.__file__).parent / "static" / "console"
TOKENS = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
BLOCK = re.compile(r"\{([^{}]*)\}")
COLOUR = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6})")


def blocks() -> list[dict[str, str]]:
    return [dict(COLOUR.findall(found)) for found in BLOCK.findall(TOKENS)]


LIGHT, DARK_BY_SYSTEM, DARK_BY_CHOICE = blocks()


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_contrast_formula_is_the_known_one():
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


GROUNDS = ("ground", "surface", "raised", "sunken", "hover")
PAIRS = [
    *itertools.product(("ink", "ink-2", "link"), GROUNDS),
    *itertools.product(("ok-ink", "warn-ink", "bad-ink"), ("ground", "surface", "raised", "hover")),
    *((f"{state}-ink", f"{state}-soft") for state in ("ok", "warn", "bad", "note")),
    ("ink", "ok-soft"), ("ink", "warn-soft"), ("ink", "bad-soft"), ("ink", "note-soft"), ("ink-3", "surface"), ("ink-3", "hover"),
    ("on-accent", "accent"), ("on-accent", "accent-hover"), ("accent-ink", "accent-soft"), ("accent-ink", "surface"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ground"), PAIRS)
@pytest.mark.parametrize("theme", [LIGHT, DARK_BY_CHOICE], ids=["light", "dark"])
def test_text_is_readable_on_its_ground(theme, text, ground):
    assert contrast(theme[text], theme[ground]) >= 4.5


def test_both_dark_themes_are_the_same_and_complete():
    assert DARK_BY_SYSTEM == DARK_BY_CHOICE
    assert set(DARK_BY_CHOICE) == set(LIGHT)


def test_no_rule_paints_with_a_colour_of_its_own():
    """Colours come from tokens; the sign-in page's dark side, white paper under QR codes and print are the known exceptions."""
    for sheet in sorted((STATIC / "css").glob("*.css")):
        if sheet.name in {"tokens.css", "pages.css"}:
            continue
        assert [found for found in re.findall(r"#[0-9a-fA-F]{3,8}\b", sheet.read_text(encoding="utf-8")) if found != "#fff"] == [], sheet.name


def test_every_used_token_is_declared():
    declared = set(re.findall(r"--([\w-]+):", TOKENS)) | {"chart-height"}
    used = {name for sheet in (STATIC / "css").glob("*.css") for name in re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8"))}
    assert used - declared == set()


def test_sheets_and_scripts_stay_small():
    for path in [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")]:
        assert path.read_text(encoding="utf-8").count("\n") <= 500, path.name


def test_templates_hold_no_script_and_no_handler_of_their_own():
    """The page policy would refuse them, so they would fail silently."""
    templates = Path(kaibo.console.__file__).parent / "templates"
    for path in templates.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"\son\w+=", text) == [], path.name
        assert [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag] == [], path.name
        assert re.findall(r'\sstyle="', text) == [], path.name


def test_a_dialog_without_an_id_is_refused_rather_than_never_opened():
    wrong = Template('{% load kaibo %}{% confirm id=7|stringformat:"e-%s" label="停用" title="停用？" action="/x" yes="停用" %}<li>后果</li>{% endconfirm %}')
    with pytest.raises(ValueError, match="a dialog needs an id"):
        wrong.render(Context())
    right = Template('{% load kaibo %}{% confirm id=7|id_for:"e" label="停用" title="停用？" action="/x" yes="停用" %}<li>后果</li>{% endconfirm %}').render(Context())
    assert 'data-opens="e-7"' in right and '<dialog id="e-7"' in right
