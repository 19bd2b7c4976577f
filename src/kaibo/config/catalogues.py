"""Compiles the translations: `.po` files are source and committed, `.mo` files are made where they are missing or old."""

from __future__ import annotations

import os
from pathlib import Path

import polib

SOURCES = Path(__file__).resolve().parent.parent


def compile_stale(root: Path = SOURCES) -> list[Path]:
    """This function will compile every django.po newer than its .mo and give the files it wrote; safe when two do it at once."""
    written = []
    for po in sorted(root.glob("**/locale/*/LC_MESSAGES/django.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
            continue
        draft = mo.with_suffix(f".mo.{os.getpid()}")
        polib.pofile(str(po)).save_as_mofile(str(draft))
        draft.replace(mo)
        written.append(mo)
    return written
