"""
A Merkle tree over byte strings, hashed as RFC 6962 hashes: leaves and nodes carry different prefixes.

The different prefixes keep anybody from passing a node off as a leaf; an odd last node goes up unchanged, never doubled.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def levels_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """This function will give all levels of the tree over leaf hashes, from the leaves up to the one root."""
    levels = [list(leaves) or [sha256(b"").digest()]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
        levels.append([*above, below[-1]] if len(below) % 2 else above)
    return levels


def root_of(leaves: Sequence[bytes]) -> bytes:
    return levels_of(leaves)[-1][0]


def path_to(levels: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """This function will give the neighbours that prove leaf `index` is under the root, from the bottom up."""
    path = []
    for level in levels[:-1]:
        neighbour = index ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        index //= 2
    return path


def is_included(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """This function will say whether a leaf hash stands at `index` of the tree of `size` leaves with this root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for neighbour in path:
        if last == 0:
            return False
        if here % 2 or here == last:
            found = node_hash(neighbour, found)
            while here % 2 == 0 and here != 0:
                here, last = here // 2, last // 2
        else:
            found = node_hash(found, neighbour)
        here, last = here // 2, last // 2
    return last == 0 and found == root
