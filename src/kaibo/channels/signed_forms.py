"""Calls whose parameters, signature among them, are one form sent by POST to one address: 淘宝, 拼多多, 京东, 快手."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from kaibo.channels.asking import Asker, json_object

FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}


@dataclass(frozen=True, slots=True)
class SignedForms:
    """Posts forms for one account; `sign` gives the signature of all other parameters."""

    asker: Asker
    sign: Callable[[Mapping[str, str]], str]

    def post(self, url: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """This function will make one call and read its JSON.   Raises: ShopAway, ShopThrottled, ShopUnreadable."""
        signed = {**parameters, "sign": self.sign(parameters)}
        return json_object(self.asker.channel, self.asker.get_answer("POST", url, headers=FORM, body=urlencode(signed).encode()))
