"""One call to a company over HTTP: bounded in time and size, no redirects followed, nothing of it logged."""

from __future__ import annotations

import http.client
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A signed request goes where it was signed for, nowhere else."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


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
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310  the company's address, from the settings
    try:
        try:
            with _opener.open(request, timeout=seconds) as answer:
                return _read(channel, answer.status, answer, most_bytes)
        except urllib.error.HTTPError as told:
            with told:
                return _read(channel, told.code, told, most_bytes)
    except (OSError, http.client.HTTPException):
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


def _read(channel: str, status: int, answer: http.client.HTTPResponse | urllib.error.HTTPError, most_bytes: int) -> Answer:
    body = answer.read(most_bytes + 1)
    if len(body) > most_bytes:
        raise ChannelAway(channel=channel)
    return Answer(status, {name.lower(): value for name, value in answer.headers.items()}, body)
