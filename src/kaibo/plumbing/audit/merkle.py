"""Merkle roots over audit rows: pure hashing, domain-separated so that a leaf can never pose as a node (RFC 6962)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

GENESIS = "0" * 64


def leaf_hash(content: dict[str, Any]) -> str:
    """This function will hash one row's content in canonical JSON (sorted keys, no spaces, UTF-8)."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(b"\x00" + canonical.encode()).hexdigest()


def root_hash(leaves: Sequence[str]) -> str:
    """This function will give the root over leaves in their order; an odd one is carried up unchanged."""
    if not leaves:
        return GENESIS
    level = [bytes.fromhex(leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex()


def chain_hash(previous: str, root: str, row_count: int) -> str:
    """This function will bind a seal to the one before it."""
    return hashlib.sha256(f"{previous}:{root}:{row_count}".encode()).hexdigest()
