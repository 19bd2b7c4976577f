"""What may be shown and compared of a receiver without telling who it is. Pure: the secret is an argument."""

from __future__ import annotations

import re

from kaibo.kit.text import mask_middle
from kaibo.plumbing.vault import cipher

_NO_LETTER = re.compile(r"\W+")


def masked_receiver(name: str, phone: str) -> str:
    """This function will show a receiver without telling who it is: 张* 138****5678."""
    shown_phone = mask_middle(phone, keep_start=3, keep_end=4) if phone and "*" not in phone else phone
    shown_name = mask_middle(name, keep_start=1, keep_end=0) if name and "*" not in name else name
    return f"{shown_name} {shown_phone}".strip()[:120]


def keyed_mark(secret: str, phone: str, address: str) -> str:
    """This function will give a keyed hash that is equal for the same receiver at the same address, and useless otherwise."""
    if not phone and not address:
        return ""
    return cipher.fingerprint(secret, f"receiver:{phone}|{_NO_LETTER.sub('', address)}")[:32]
