"""The secret key: configured, or made once, by whichever process comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kaibo.config.env import read_env
from kaibo.config.secret import SecretUnreadable, secret_key


def test_a_configured_secret_is_used_and_none_is_written(tmp_path):
    env = read_env({"KAIBO_DATA": str(tmp_path), "KAIBO_SECRET_KEY": "configured"})
    assert secret_key(env) == "configured"
    assert list(tmp_path.iterdir()) == []


def test_an_unset_secret_is_made_once_for_its_owner_only(tmp_path):
    env = read_env({"KAIBO_DATA": str(tmp_path / "var")})
    first = secret_key(env)
    assert len(first) >= 60
    assert secret_key(env) == first
    assert (tmp_path / "var/secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret"]


def test_two_shops_have_different_secrets(tmp_path):
    assert secret_key(read_env({"KAIBO_DATA": str(tmp_path / "a")})) != secret_key(read_env({"KAIBO_DATA": str(tmp_path / "b")}))


def test_processes_that_start_together_agree(tmp_path):
    env = read_env({"KAIBO_DATA": str(tmp_path)})
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(secret_key, [env] * 8))) == 1


def test_a_folder_that_is_a_file_is_a_complaint_with_its_path(tmp_path):
    (tmp_path / "var").write_text("")
    with pytest.raises(SecretUnreadable) as refused:
        secret_key(read_env({"KAIBO_DATA": str(tmp_path / "var")}))
    assert str(tmp_path / "var" / "secret") in refused.value.message("zh")
