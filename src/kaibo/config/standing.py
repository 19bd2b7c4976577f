"""What stands when a server begins to serve stays: the collector need not walk through modules, word lists and pages while people wait."""

from __future__ import annotations

import gc

SELDOM = (100_000, 20, 100)
"""A whole walk after so many new things takes a quarter of a second of the console; cycles of a request are found by the small ones."""


def leave_standing() -> None:
    """This function will take everything loaded so far out of the collector's sight and let it walk seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
