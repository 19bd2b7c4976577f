"""What can be measured on a picture: size, sharpness, white background, text-like marks, and how alike two pictures are. Pure but for Pillow."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from PIL import Image, ImageChops, ImageMath, ImageOps, UnidentifiedImageError

from kaibo.kit.errors import Invalid

HASH_BITS = 64
MOST_PIXELS = 80_000_000
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_SAMPLE = 512
_HASH_SIDE = 32
_HASH_BAND = 8
_WHITE = 242
_BLOCK = 8


class NotAPicture(Invalid):
    code = "media.not_a_picture"
    message_zh = "这个文件不是能读的图片（JPG、PNG、WebP）"
    message_en = "The file is no readable picture (JPG, PNG, WebP)"


@dataclass(frozen=True, slots=True)
class Measures:
    """
    A picture in figures; shares in basis points.

    `sharpness` is the variance of the Laplacian of the grey picture, brought to a longest side of 512 so that sizes compare.
    `white_border_bp`: how much of the outer frame (a tenth on each side) is nearly white; `white_bp`: of the whole picture.
    `busy_bp`: blocks crossed by many hard edges, as letters are; letters and fine patterns look alike to it.
    """

    width: int
    height: int
    sharpness: int
    white_bp: int
    white_border_bp: int
    busy_bp: int
    hash: int


def opened(content: BinaryIO) -> Image.Image:
    """This function will read a picture upright, on white where it is transparent, as RGB.   Raises: NotAPicture."""
    try:
        picture: Image.Image = Image.open(content)
        if picture.format not in MIMES or picture.width * picture.height > MOST_PIXELS:
            raise NotAPicture
        picture = ImageOps.exif_transpose(picture)
        if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture.convert("RGBA"))
        return picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as unreadable:
        raise NotAPicture from unreadable


def mime_of(content: BinaryIO) -> str:
    """This function will name a picture's kind by its content, never by what its sender called it.   Raises: NotAPicture."""
    content.seek(0)
    try:
        with Image.open(content) as picture:
            kind = picture.format or ""
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as unreadable:
        raise NotAPicture from unreadable
    finally:
        content.seek(0)
    if kind not in MIMES:
        raise NotAPicture
    return MIMES[kind]


def measure(picture: Image.Image) -> Measures:
    """This function will measure a picture."""
    grey = ImageOps.grayscale(picture)
    sample = grey.copy()
    sample.thumbnail((_SAMPLE, _SAMPLE), Image.Resampling.LANCZOS)
    edges = _laplacian(sample)
    white, white_border = _white_shares(picture)
    return Measures(picture.width, picture.height, _variance(edges.values), white, white_border, _busy_bp(edges), perceptual_hash(picture))


@dataclass(frozen=True, slots=True)
class _Edges:
    values: array[int]
    width: int
    height: int


def _laplacian(grey: Image.Image) -> _Edges:
    """This function will give 4·centre − its four neighbours at every inner pixel, exactly."""
    if grey.width < 3 or grey.height < 3:
        return _Edges(array("i", [0]), 1, 1)
    sides = [ImageChops.offset(grey, dx, dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    made = ImageMath.lambda_eval(lambda a: a["c"] * 4 - a["l"] - a["r"] - a["u"] - a["d"], c=grey, l=sides[0], r=sides[1], u=sides[2], d=sides[3])
    inner = made.crop((1, 1, grey.width - 1, grey.height - 1))
    return _Edges(array("i", inner.tobytes()), inner.width, inner.height)


def _variance(values: array[int]) -> int:
    count, total = len(values), sum(values)
    squares = sum(value * value for value in values)
    return round((squares - total * total / count) / count)


def _white_shares(picture: Image.Image) -> tuple[int, int]:
    small = picture.resize((100, 100), Image.Resampling.BOX)
    channels = small.split()
    darkest = ImageChops.darker(ImageChops.darker(channels[0], channels[1]), channels[2]).tobytes()
    is_white = [value >= _WHITE for value in darkest]
    border = [is_white[y * 100 + x] for y in range(100) for x in range(100) if x < 10 or x >= 90 or y < 10 or y >= 90]
    return sum(is_white), sum(border) * 10_000 // len(border)


def _busy_bp(edges: _Edges) -> int:
    """This function will give the share of 8 × 8 blocks in which a quarter of the pixels lie on a hard edge."""
    across, down = edges.width // _BLOCK, edges.height // _BLOCK
    if not across or not down:
        return 0
    counts = [0] * (across * down)
    for place, value in enumerate(edges.values):
        if value > 160 or value < -160:
            y, x = divmod(place, edges.width)
            if x // _BLOCK < across and y // _BLOCK < down:
                counts[y // _BLOCK * across + x // _BLOCK] += 1
    return sum(count * 4 >= _BLOCK * _BLOCK for count in counts) * 10_000 // len(counts)


def perceptual_hash(picture: Image.Image) -> int:
    """
    This function will give the 64-bit perceptual hash: the 8 × 8 lowest frequencies of the grey 32 × 32 picture against their median.

    Resizing, recompression and small changes of light move few bits; other pictures differ in about half of them.   Source: CMP-6, LST-4.
    """
    grey = ImageOps.grayscale(picture).resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.LANCZOS)
    pixels = grey.tobytes()
    waves = _waves()
    rows = [[sum(w * p for w, p in zip(wave, pixels[y * _HASH_SIDE : (y + 1) * _HASH_SIDE], strict=True)) for wave in waves] for y in range(_HASH_SIDE)]
    band = [sum(wave[y] * rows[y][column] for y in range(_HASH_SIDE)) for wave in waves for column in range(_HASH_BAND)]
    middle = sorted(band[1:])[len(band[1:]) // 2]
    made = 0
    for value in band:
        made = made << 1 | (value > middle + 1e-6)
    return made


@cache
def _waves() -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(math.cos(math.pi * k * (2 * n + 1) / (2 * _HASH_SIDE)) for n in range(_HASH_SIDE)) for k in range(_HASH_BAND))


def distance(one: int, other: int) -> int:
    """This function will count the bits in which two hashes differ: 0 the same picture, about 32 nothing in common."""
    return (one ^ other).bit_count()


def nearest(one: int, others: Iterable[int]) -> int:
    """This function will give the smallest distance to any of the others; 64 when there are none."""
    return min((distance(one, other) for other in others), default=HASH_BITS)


def signed(made: int) -> int:
    """This function will give a hash as the signed number a database's bigint holds."""
    return made - (1 << HASH_BITS) if made >= 1 << (HASH_BITS - 1) else made


def unsigned(kept: int) -> int:
    """This function will give back the hash that `signed` wrote down."""
    return kept % (1 << HASH_BITS)
