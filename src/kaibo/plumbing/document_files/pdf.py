"""
A document as a PDF that reads the same on every machine: the characters it uses travel inside the file.

The font is a package of the locked dependencies (Noto Sans CJK, OFL), not of the machine, so the same blocks are the same bytes everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import typst
from django.utils.translation import get_language

from kaibo.plumbing.document_files.blocks import Block


@cache
def _look() -> bytes:
    return (files("kaibo.plumbing.document_files") / "pdf.typ").read_bytes()


def pdf_file(blocks: Sequence[Block], *, title: str = "") -> bytes:
    """This function will write blocks as a PDF with its font inside."""
    is_english = (get_language() or "").startswith("en")
    language, region = ("en", "us") if is_english else ("zh", "cn")
    with TemporaryDirectory(prefix="kaibo-pdf-") as name:
        folder = Path(name)
        main = folder / "main.typ"
        main.write_bytes(_look())
        said = {"title": title or next((one.text for one in blocks if one.level == 1), ""), "language": language, "region": region, "blocks": _told(blocks, folder)}
        made: bytes = typst.compile(
            str(main), root=name, font_paths=[str(files("noto_cjk_sans_otc"))], ignore_system_fonts=True, sys_inputs={"data": json.dumps(said, ensure_ascii=False)}
        )
    return made


def _told(blocks: Sequence[Block], folder: Path) -> list[dict[str, object]]:
    """Blocks as the look reads them; pictures are laid beside it, since it takes them as files only."""
    told: list[dict[str, object]] = []
    for one in blocks:
        if one.picture is not None:
            path = folder / f"{len(told)}.jpg"
            path.write_bytes(one.picture.jpeg)
            told.append({"picture": path.name, "ratio": one.picture.height_px / one.picture.width_px})
        elif one.rows:
            told.append({"rows": [[_printable(cell) for cell in row] for row in one.rows]})
        else:
            told.append({"level": one.level, "text": _printable(one.text)})
    return told


def _printable(text: str) -> str:
    return "".join(char for char in text if char >= " " or char in "\n\t")
