"""Measures of pictures whose properties are known because they were drawn here."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFilter

from kaibo.kit.pictures import HASH_BITS, NotAPicture, distance, measure, nearest, opened, perceptual_hash, signed, unsigned


def coat(size: int = 900, ground: str = "white", colour: str = "sienna") -> Image.Image:
    """A coat-like shape in the middle of a ground."""
    picture = Image.new("RGB", (size, size), ground)
    draw = ImageDraw.Draw(picture)
    s = size / 900
    draw.polygon([(p * s, q * s) for p, q in ((300, 200), (600, 200), (780, 420), (680, 480), (620, 400), (620, 760), (280, 760), (280, 400), (220, 480), (120, 420))], fill=colour)
    draw.line([(450 * s, 220 * s), (450 * s, 740 * s)], fill="black", width=max(1, int(6 * s)))
    for y in range(280, 740, 90):
        draw.ellipse([(470 * s, y * s), (500 * s, (y + 30) * s)], fill="black")
    return picture


def dress(size: int = 900) -> Image.Image:
    picture = Image.new("RGB", (size, size), "lightblue")
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, size), (size // 3, size // 5), (size // 2, size // 6), (size, size * 4 // 5)], fill="navy")
    draw.ellipse([(600, 60), (860, 320)], fill="gold")
    return picture


def as_file(picture: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    made = io.BytesIO()
    picture.save(made, kind, **options)
    made.seek(0)
    return made


def test_the_laplacian_of_a_checkerboard_is_what_arithmetic_says():
    board = Image.new("L", (16, 16))
    board.putdata([255 * ((x + y) % 2) for y in range(16) for x in range(16)])
    assert measure(board.convert("RGB")).sharpness == 1020 * 1020


def test_an_empty_picture_has_no_sharpness_and_is_all_white():
    made = measure(Image.new("RGB", (800, 800), "white"))
    assert (made.sharpness, made.white_bp, made.white_border_bp, made.busy_bp) == (0, 10_000, 10_000, 0)


def test_blur_takes_sharpness_away_step_by_step():
    figures = [measure(coat().filter(ImageFilter.GaussianBlur(radius))).sharpness for radius in (0, 2, 6, 12)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 8 * figures[2]


def test_sharpness_hardly_depends_on_the_size_of_the_file():
    small, large = measure(coat(900)).sharpness, measure(coat(1_600)).sharpness
    assert abs(small - large) < 0.35 * max(small, large)


def test_half_a_white_ground_counts_as_half():
    picture = Image.new("RGB", (1_000, 1_000), "white")
    picture.paste("navy", (0, 0, 500, 1_000))
    made = measure(picture)
    assert (made.white_bp, made.white_border_bp) == (5_000, 5_000)


def test_a_white_ground_with_goods_in_the_middle_has_a_white_border():
    made = measure(coat())
    assert made.white_border_bp == 10_000
    assert measure(coat(ground="darkred")).white_border_bp == 0


def test_letters_all_over_make_a_picture_busy_and_a_plain_one_is_not():
    crowded = coat()
    draw = ImageDraw.Draw(crowded)
    for y in range(0, 900, 24):
        draw.text((0, y), "SALE 50% OFF FREE GIFT " * 12, fill="black")
    assert measure(crowded).busy_bp > 1_200
    assert measure(coat()).busy_bp < 200


@pytest.mark.parametrize("change", [
    lambda one: one.resize((450, 450)), lambda one: opened(as_file(one, "JPEG", quality=35)), lambda one: one.point(lambda value: min(255, int(value * 1.15))),
    lambda one: one.filter(ImageFilter.GaussianBlur(2)), lambda one: one.crop((12, 12, 888, 888)),
])
def test_a_copy_stays_near_and_another_picture_stays_far(change):
    original = perceptual_hash(coat())
    assert distance(original, perceptual_hash(change(coat()))) <= 10
    assert distance(original, perceptual_hash(dress())) >= 20


def test_the_nearest_of_none_is_as_far_as_can_be():
    assert nearest(5, []) == HASH_BITS
    assert nearest(0b111, [0, 0b110]) == 1


@pytest.mark.parametrize("made", [0, 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_hash_survives_the_databases_signed_number(made):
    assert -(1 << 63) <= signed(made) < 1 << 63
    assert unsigned(signed(made)) == made


def test_a_transparent_picture_stands_on_white_and_a_turned_one_upright():
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    assert opened(as_file(clear)).getpixel((5, 5)) == (255, 255, 255)
    turned = Image.new("RGB", (300, 100), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    assert opened(as_file(turned, "JPEG", exif=exif)).size == (100, 300)


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(30)])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(NotAPicture):
        opened(io.BytesIO(content))
