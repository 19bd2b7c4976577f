"""The unified social credit code 统一社会信用代码 of GB 32100-2015: eighteen signs, the last of which checks the others."""

from __future__ import annotations

from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""I, O, S, V and Z are left out: they are mistaken for digits."""
_MODULUS: Final = 31


def plain_code(written: str) -> str:
    """This function will give a code as it is kept: capitals, without spaces and dashes."""
    return "".join(one for one in written.upper() if not one.isspace() and one not in "-－")


def check_sign_of(first: str) -> str:
    """This function will give the eighteenth sign to seventeen others.   Raises: ValueError for a sign that no code holds."""
    total = sum(_SIGNS.index(sign) * pow(3, place, _MODULUS) for place, sign in enumerate(first))
    return _SIGNS[-total % _MODULUS]


def is_credit_code(code: str) -> bool:
    """This function will say whether a code in its kept form is one: its length, its signs and its check sign."""
    return len(code) == 18 and all(one in _SIGNS for one in code) and check_sign_of(code[:17]) == code[17]
