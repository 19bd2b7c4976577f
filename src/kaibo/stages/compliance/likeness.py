"""
How alike two pictures or two titles are (CMP-6). Pure but for Pillow.

A picture's fingerprint is the perceptual hash of the whole and of seven windows (its middle at 90, 80 and 70 %, its four corners
at 80 %): a copy that was resized, recompressed or lightened differs in few bits of the whole; a cropped copy's whole looks like a
window of the original, and the other way round; a mirrored copy is found by asking for the mirrored picture too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image, ImageOps

from kaibo.kit.pictures import distance, perceptual_hash
from kaibo.language.normaliser import normalise

ALIKE_WHOLE = 12
"""Bits of 64 in which the whole pictures of copies may differ; 0 of 4,950 unrelated pairs of the tests came so near."""
ALIKE_WINDOW = 8
"""The same where a window is compared: more comparisons are made, so each may be less generous."""
ALIKE_TITLE_BP = 6_000
WINDOWS = (("middle", 0.9), ("middle", 0.8), ("middle", 0.7), ("top_left", 0.8), ("top_right", 0.8), ("bottom_left", 0.8), ("bottom_right", 0.8))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A picture's hashes, unsigned."""

    whole: int
    windows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """How near two pictures are: the differing bits of 64, and how the likeness was seen: `whole`, `cropped`, `mirrored` …"""

    bits: int
    how: str

    @property
    def is_alike(self) -> bool:
        return self.bits <= (ALIKE_WHOLE if self.how in {"whole", "mirrored"} else ALIKE_WINDOW)


def fingerprint(picture: Image.Image) -> Fingerprint:
    """This function will take a picture's fingerprint; 5 to 10 ms."""
    small = ImageOps.grayscale(picture).resize((160, 160), Image.Resampling.LANCZOS)
    return Fingerprint(perceptual_hash(small), tuple(perceptual_hash(small.crop(_box(where, share, 160))) for where, share in WINDOWS))


def mirrored(picture: Image.Image) -> Fingerprint:
    """This function will take the fingerprint of the picture as a mirror shows it."""
    return fingerprint(ImageOps.mirror(picture))


def _box(where: str, share: float, side: int) -> tuple[int, int, int, int]:
    size = round(side * share)
    rest = side - size
    left = {"middle": rest // 2, "top_left": 0, "bottom_left": 0}.get(where, rest)
    top = {"middle": rest // 2, "top_left": 0, "top_right": 0}.get(where, rest)
    return left, top, left + size, top + size


def nearness(asked: Fingerprint, asked_mirrored: Fingerprint, kept: Fingerprint) -> Near:
    """This function will say how near a picture comes to a kept one, by the way that shows it most clearly."""
    found = []
    for fingers, plain, cropped in ((asked, "whole", "cropped"), (asked_mirrored, "mirrored", "mirrored_cropped")):
        found.append(Near(distance(fingers.whole, kept.whole), plain))
        found.append(Near(min(distance(fingers.whole, one) for one in kept.windows), cropped))
        found.append(Near(min(distance(one, kept.whole) for one in fingers.windows), cropped))
    return min(found, key=lambda near: (not near.is_alike, near.bits, near.how not in {"whole", "mirrored"}))


# Titles


def _pairs(title: str) -> set[str]:
    plain = "".join(char for char in normalise(title).text if char.isalnum())
    return {plain[place : place + 2] for place in range(len(plain) - 1)} or {plain}


def title_like_bp(one: str, other: str) -> int:
    """This function will give how much two titles share, in basis points: pairs of neighbouring characters in both, of those in either (Dice)."""
    mine, theirs = _pairs(one), _pairs(other)
    return 20_000 * len(mine & theirs) // (len(mine) + len(theirs))


def nearest_title(title: str, others: Iterable[str]) -> tuple[int, str]:
    """This function will give the most similar of other titles with its share; (0, "") when there are none."""
    return max(((title_like_bp(title, other), other) for other in others), default=(0, ""))
