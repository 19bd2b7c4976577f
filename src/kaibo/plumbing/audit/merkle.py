"""Merkle roots over audit rows, in the hexadecimal the tables keep; the tree itself is `kit.merkle`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from kaibo.kit import merkle

GENESIS = "0" * 64


def leaf_hash(content: dict[str, Any]) -> str:
    """This function will hash one row's content in canonical JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return merkle.leaf_hash(canonical.encode()).hex()


def root_hash(leaves: Sequence[str]) -> str:
    """This function will give the root over leaves in their order; an odd one is carried up unchanged."""
    if not leaves:
        return GENESIS
    return merkle.root_of([bytes.fromhex(leaf) for leaf in leaves]).hex()


def chain_hash(previous: str, root: str, row_count: int) -> str:
    """This function will bind a seal to the one before it."""
    return hashlib.sha256(f"{previous}:{root}:{row_count}".encode()).hexdigest()
