"""A disk with no room: the kernel refuses to let any file of this process grow beyond some bytes."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_disk(left_bytes: int = 4_096) -> Iterator[None]:
    """This function will refuse writes beyond `left_bytes` in any one file, as a disk that runs full in the middle of it would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
