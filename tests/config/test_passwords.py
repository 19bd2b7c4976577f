"""What a password costs to try: tests hash cheaply (tests/conftest.py), the program does not."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from tests.conftest import PASSWORD_COST


def test_the_program_hashes_by_argon2_with_a_hundred_megabytes_and_two_rounds(monkeypatch):
    for name, cost in PASSWORD_COST.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, cost)
    hashed = make_password("kaibo-demo-2026")
    assert hashed.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert check_password("kaibo-demo-2026", hashed)
    assert not check_password("kaibo-demo-2027", hashed)
