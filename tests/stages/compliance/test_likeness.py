"""Copies of pictures are found however they were changed; other pictures and titles are not."""

from __future__ import annotations

import io
import os
from random import Random

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from kaibo.kit.pictures import opened
from kaibo.stages.compliance.likeness import ALIKE_TITLE_BP, fingerprint, mirrored, nearness, title_like_bp

PICTURES = int(os.environ.get("KAIBO_LIKENESS_PICTURES", "40"))
EACH = 7
"""Every seventh picture is changed in each way; all pairs are compared."""


def drawn(seed: int) -> Image.Image:
    """A picture as shops have them: goods of some shape and colours on a plain or busy ground."""
    dice = Random(seed)
    ground = (255, 255, 255) if seed % 3 else tuple(dice.randrange(150, 255) for _ in range(3))
    picture = Image.new("RGB", (800, 800), ground)
    pen = ImageDraw.Draw(picture)
    for _ in range(dice.randrange(4, 10)):
        colour = tuple(dice.randrange(256) for _ in range(3))
        x, y, w, h = dice.randrange(0, 600), dice.randrange(0, 600), dice.randrange(60, 450), dice.randrange(60, 450)
        shape = dice.randrange(4)
        if shape == 0:
            pen.rectangle((x, y, x + w, y + h), fill=colour)
        elif shape == 1:
            pen.ellipse((x, y, x + w, y + h), fill=colour)
        elif shape == 2:
            pen.polygon([(dice.randrange(800), dice.randrange(800)) for _ in range(dice.randrange(3, 7))], fill=colour)
        else:
            pen.line([(dice.randrange(800), dice.randrange(800)) for _ in range(4)], fill=colour, width=dice.randrange(5, 40))
    return picture.filter(ImageFilter.GaussianBlur(1))


def saved(picture: Image.Image, quality: int) -> Image.Image:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=quality)
    return opened(io.BytesIO(kept.getvalue()))


def cut(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    return picture.crop((int(800 * left), int(800 * top), int(800 * right), int(800 * bottom)))


def lettered(picture: Image.Image) -> Image.Image:
    changed = picture.copy()
    ImageDraw.Draw(changed).text((480, 720), "SALE 50% OFF", fill=(220, 30, 30), font_size=40)
    return changed


CHANGES = {
    "resized to 200": (lambda p: p.resize((200, 200)), 100), "resized to 1600": (lambda p: p.resize((1600, 1600)), 100),
    "stretched": (lambda p: p.resize((900, 700)), 100), "JPEG 30": (lambda p: saved(p, 30), 100), "JPEG 10": (lambda p: saved(p, 10), 100),
    "brighter 30 %": (lambda p: ImageEnhance.Brightness(p).enhance(1.3), 80), "darker 30 %": (lambda p: ImageEnhance.Brightness(p).enhance(0.7), 100),
    "less contrast": (lambda p: ImageEnhance.Contrast(p).enhance(0.6), 100), "grey": (lambda p: ImageOps.grayscale(p).convert("RGB"), 100),
    "blurred": (lambda p: p.filter(ImageFilter.GaussianBlur(4)), 100), "lettered": (lettered, 100), "mirrored": (ImageOps.mirror, 100),
    "mirrored, JPEG 30": (lambda p: saved(ImageOps.mirror(p), 30), 100), "cropped 5 % a side": (lambda p: cut(p, 0.05, 0.05, 0.95, 0.95), 100),
    "cropped 10 % a side": (lambda p: cut(p, 0.1, 0.1, 0.9, 0.9), 100), "cropped 13 % a side": (lambda p: cut(p, 0.13, 0.13, 0.87, 0.87), 80),
    "corner cut off": (lambda p: cut(p, 0.0, 0.0, 0.8, 0.8), 100), "mirrored and cropped": (lambda p: ImageOps.mirror(cut(p, 0.1, 0.1, 0.9, 0.9)), 100),
    "cropped, resized, JPEG 40": (lambda p: saved(cut(p, 0.1, 0.1, 0.9, 0.9).resize((500, 500)), 40), 80),
}  # fmt: skip
"""How a copy is changed, and how many of a hundred must be found."""


@pytest.fixture(scope="module")
def originals():
    pictures = [drawn(seed) for seed in range(PICTURES)]
    return pictures, [fingerprint(one) for one in pictures]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found(originals, change):
    pictures, kept = originals
    turn, least = CHANGES[change]
    changed, marks = [turn(one) for one in pictures[::EACH]], kept[::EACH]
    found = sum(nearness(fingerprint(one), mirrored(one), mark).is_alike for one, mark in zip(changed, marks, strict=True))
    print(f"{change}: {found}/{len(changed)}")
    assert found * 100 >= least * len(changed)


def test_unrelated_pictures_are_not_called_copies(originals):
    pictures, kept = originals
    turned = [mirrored(one) for one in pictures]
    pairs = [(one, other) for one in range(PICTURES) for other in range(one)]
    wrong = [(one, other) for one, other in pairs if nearness(kept[one], turned[one], kept[other]).is_alike]
    print(f"unrelated called alike: {len(wrong)}/{len(pairs)}")
    assert len(pairs) == PICTURES * (PICTURES - 1) // 2
    assert wrong == []


TITLES = [
    ("短款羊毛双面呢外套女小个子秋冬", "羊毛双面呢外套女短款小个子秋冬季", True),
    ("短款羊毛双面呢外套女小个子秋冬", "短款羊毛双面呢外套女小个子秋冬新款", True),
    ("短款羊毛双面呢外套女小个子秋冬", "法式针织开衫女秋冬马海毛混纺外搭", False),
    ("短款羊毛双面呢外套女小个子秋冬", "加绒直筒牛仔裤女高腰冬季加厚显瘦", False),
]


@pytest.mark.parametrize(("one", "other", "is_alike"), TITLES)
def test_titles_made_of_the_same_words_are_alike_whatever_their_order(one, other, is_alike):
    assert (title_like_bp(one, other) >= ALIKE_TITLE_BP) == is_alike
    assert title_like_bp(one, other) == title_like_bp(other, one)


def test_a_title_is_wholly_like_itself_in_any_width_and_case():
    assert title_like_bp("ABC羊毛外套", "ａｂｃ 羊毛外套") == 10_000
