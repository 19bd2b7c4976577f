"""Telling a platform's complaints apart by words in them, where no source proves its error numbers: the words are settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kaibo.kit.shop_channels import AccountField
from kaibo.kit.shop_complaints import ShopAway, ShopRefused, ShopSignatureRefused, ShopThrottled, ShopTokenExpired

AWAY_KEY = "away_words"
KEYS = ("throttle_words", "token_words", "sign_words")


@dataclass(frozen=True, slots=True)
class ComplaintWords:
    """What a complaint says when calls are throttled, the token has ended, the signature is wrong, the platform broke; lower case."""

    throttle: tuple[str, ...]
    token: tuple[str, ...]
    sign: tuple[str, ...]
    away: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, str]) -> ComplaintWords:
        """This function will read the words of an account's settings: parted by commas."""
        return cls(*(tuple(word.strip().lower() for word in told.get(key, "").split(",") if word.strip()) for key in (*KEYS, AWAY_KEY)))

    def complaint(
        self, channel: str, said: str, why: str, *, sub_code: str = ""
    ) -> ShopThrottled | ShopTokenExpired | ShopSignatureRefused | ShopAway | ShopRefused:
        """This function will give the complaint that is meant by what was `said`; what no word tells is a refusal."""
        heard = said.lower()
        if any(word in heard for word in self.sign):
            return ShopSignatureRefused(channel=channel, why=why)
        if any(word in heard for word in self.token):
            return ShopTokenExpired(channel=channel, why=why)
        if any(word in heard for word in self.throttle):
            return ShopThrottled(channel=channel, retry_after_seconds=1)
        if any(word in heard for word in self.away):
            return ShopAway(channel=channel)
        return ShopRefused(channel=channel, why=why, sub_code=sub_code)


def word_fields(*, throttle: str, token: str, sign: str, away: str = "") -> tuple[AccountField, ...]:
    """This function will give the settings, with the words assumed so far; the last one only where numbers do not tell."""
    last = AccountField(AWAY_KEY, "平台出错、可重试的字样（未证实）", "words that mean the platform broke, try again (unverified)", default=away)
    return (
        AccountField("throttle_words", "限流的字样（未证实）", "words that mean throttled (unverified)", default=throttle),
        AccountField("token_words", "授权失效的字样（未证实）", "words that mean the token ended (unverified)", default=token),
        AccountField("sign_words", "签名错误的字样（未证实）", "words that mean a bad signature (unverified)", default=sign),
        *((last,) if away else ()),
    )
