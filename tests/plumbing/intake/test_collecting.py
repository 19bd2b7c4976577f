"""The collector of cycles rests while imports run and works as before afterwards, however they end."""

from __future__ import annotations

import gc

import pytest

from kaibo.plumbing.intake.collecting import OBJECTS_A_LOOK, seldom_collecting


def test_the_collector_looks_seldom_until_the_last_import_is_done():
    usual = gc.get_threshold()
    with seldom_collecting():
        with seldom_collecting():
            assert gc.get_threshold()[0] == OBJECTS_A_LOOK
        assert gc.get_threshold()[0] == OBJECTS_A_LOOK
    assert gc.get_threshold() == usual


def test_an_import_that_fails_gives_the_collector_back():
    usual = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), seldom_collecting():
        raise ZeroDivisionError
    assert gc.get_threshold() == usual
