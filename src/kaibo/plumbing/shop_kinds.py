"""The platforms this installation can connect to, by key: all the back of house knows of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from kaibo.kit.shop_channels import ShopKind


@cache
def shop_kinds() -> Mapping[str, ShopKind]:
    """This function will give the platforms by key (the dotted path in settings.KAIBO_SHOP_KINDS makes them)."""
    make: Callable[[], Mapping[str, ShopKind]] = import_string(settings.KAIBO_SHOP_KINDS)
    return make()
