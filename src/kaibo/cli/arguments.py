"""Kinds of arguments several verbs take."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """This function will read a whole number above zero."""
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError("> 0")
    return number
