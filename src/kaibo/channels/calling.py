"""One call to a company over HTTP: bounded in time and size, no redirects followed, nothing of it logged."""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from kaibo.kit.payments import ChannelAway, ChannelRefused

CALL_SECONDS = 10.0
MOST_ANSWER_BYTES = 2 * 1024 * 1024
MOST_FILE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


CONNECTIONS_KEPT = 8
"""For each address; more are opened when needed and closed afterwards."""


@cache
def _lines(proxy: str) -> urllib3.PoolManager:
    """Connections kept open, so that one handshake serves many calls."""
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=CONNECTIONS_KEPT, cert_reqs="CERT_REQUIRED")
    return urllib3.PoolManager(maxsize=CONNECTIONS_KEPT, cert_reqs="CERT_REQUIRED")


@cache
def _proxy_to(scheme: str, place: str) -> str:
    """The proxy that this machine's environment names for a place, or none."""
    return "" if urllib.request.proxy_bypass(place) else urllib.request.getproxies().get(scheme, "")


def call(
    channel: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    seconds: float = CALL_SECONDS,
    most_bytes: int = MOST_ANSWER_BYTES,
) -> Answer:
    """This function will make one call and give the answer.   Raises: ChannelAway (not reached, cut off, too slow, too long)."""
    parts = urlsplit(url)
    try:
        # a signed request goes where it was signed for, and once: whoever may ask twice does so by himself
        answer = _lines(_proxy_to(parts.scheme, parts.netloc)).request(
            method, url, body=body, headers=dict(headers), timeout=seconds, retries=False, redirect=False, preload_content=False, decode_content=False
        )
        try:
            return _read(channel, answer, most_bytes)
        except BaseException:
            answer.close()  # what is left of it must not be read as the next answer
            raise
        finally:
            answer.release_conn()
    except (OSError, HTTPError):
        raise ChannelAway(channel=channel) from None  # the cause may quote an address with a buyer's numbers


def refusals(channel: str, company: str, log: logging.Logger) -> tuple[Callable[[str, str], ChannelRefused], Callable[[str], ChannelAway]]:
    """
    This function will give a channel its two words about an answer: refused, with the company's words and code, and not
    proven. What is not proven did not happen: it is asked again later under the same number.
    """

    def refused(words: str, code: str) -> ChannelRefused:
        log.warning("%s refused", company, extra={"reason": code[:60]})
        return ChannelRefused(channel=channel, why=f"{words[:120]}（{code}）")

    def unproven(problem: str) -> ChannelAway:
        log.error(problem)
        return ChannelAway(channel=channel)

    return refused, unproven


def _read(channel: str, answer: urllib3.BaseHTTPResponse, most_bytes: int) -> Answer:
    body = answer.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise ChannelAway(channel=channel)
    return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, body)
