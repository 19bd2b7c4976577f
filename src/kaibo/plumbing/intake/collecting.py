"""
Python's collector of cycles, asked less often while an import runs.

A batch holds some hundred thousand small objects that live until it is written and have no cycles. By default every 700 of them
are looked through, and again and again as they age: a quarter of an import's CPU time for nothing.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_A_LOOK = 100_000
_usual = gc.get_threshold()
_running = 0
_guard = threading.Lock()


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """This function will let the collector look after every `OBJECTS_A_LOOK` new objects until the last of those who asked is done."""
    global _running, _usual  # the collector is the process's, and so is the count of who asked
    with _guard:
        if not _running:
            _usual = gc.get_threshold()
            gc.set_threshold(OBJECTS_A_LOOK, *_usual[1:])
        _running += 1
    try:
        yield
    finally:
        with _guard:
            _running -= 1
            if not _running:
                gc.set_threshold(*_usual)
