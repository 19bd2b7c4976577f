"""Sealed boxes: anybody closes, only the holder of the private half opens, nobody swaps or changes one."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from kaibo.kit import sealed_box
from kaibo.kit.sealed_box import BoxNotOurs

PRIVATE = sealed_box.private_key("the shop", "addresses")
PUBLIC = sealed_box.public_key(PRIVATE)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=16), st.integers(0, 10_000), st.integers(0, 7))
def test_a_box_opens_as_it_was_closed_and_not_with_any_bit_changed(plain, about, place, bit):
    sealed = sealed_box.seal(PUBLIC, plain, about=about)
    assert sealed_box.unseal(PRIVATE, sealed, about=about) == plain
    at = place % len(sealed)
    with pytest.raises(BoxNotOurs):
        sealed_box.unseal(PRIVATE, sealed[:at] + bytes([sealed[at] ^ (1 << bit)]) + sealed[at + 1 :], about=about)


def test_boxes_of_one_sender_are_all_different_and_change_sender_in_time(monkeypatch):
    monkeypatch.setattr(sealed_box, "BOXES_A_SENDER", 3)
    sealer = sealed_box.Sealer(PUBLIC)
    boxes = [sealer.seal(b"same", about=b"a") for _ in range(7)]
    assert len(set(boxes)) == 7
    assert len({box[:32] for box in boxes}) == 3
    assert {sealed_box.unseal(PRIVATE, box, about=b"a") for box in boxes} == {b"same"}


def test_another_key_another_purpose_or_another_matter_opens_nothing():
    sealed = sealed_box.seal(PUBLIC, b"address", about=b"claim 1")
    for private in (sealed_box.private_key("another shop", "addresses"), sealed_box.private_key("the shop", "other")):
        with pytest.raises(BoxNotOurs):
            sealed_box.unseal(private, sealed, about=b"claim 1")
    with pytest.raises(BoxNotOurs):
        sealed_box.unseal(PRIVATE, sealed, about=b"claim 2")
    with pytest.raises(BoxNotOurs):
        sealed_box.unseal(PRIVATE, b"short")


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=100), st.binary(max_size=100), st.sampled_from([b"", b"s" * 16, b"\0" * 16]))
def test_keys_are_derived_as_the_standard_says(secret, purpose, salt):
    standard = HKDF(algorithm=SHA256(), length=32, salt=salt or None, info=purpose)
    assert sealed_box._derive(secret, purpose, salt) == standard.derive(secret)
