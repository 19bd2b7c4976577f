"""What a document is made of, whatever file it becomes. Pure."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import BinaryIO

from PIL import Image

from kaibo.kit.pictures import opened

WIDEST = 1_200
"""Pixels: sharp on paper at the width of a page, and a tenth of what a camera writes."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as both kinds of file take it: JPEG, at most as wide as a page needs."""

    jpeg: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document: a heading of level 1 or 2, a paragraph (level 0), a table whose first row is its head, or a picture."""

    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = field(default=())
    picture: Drawn | None = None


def drawn(content: BinaryIO) -> Drawn:
    """This function will make a picture ready for a document."""
    picture = opened(content).convert("RGB")
    if picture.width > WIDEST:
        picture = picture.resize((WIDEST, max(1, round(picture.height * WIDEST / picture.width))), Image.Resampling.LANCZOS)
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=85)
    return Drawn(made.getvalue(), picture.width, picture.height)
