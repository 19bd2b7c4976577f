"""The six kinds of complaint Kaibo makes, and how each one reads to a person and to a program (DESIGN §5)."""

from __future__ import annotations

from typing import Any, ClassVar


class KaiboError(Exception):
    """
    A refusal with a stable code and words in two languages.

    Subclass a kind, name the subclass after the complaint (`MarginTooThin`), and set `code`, `message_zh` and
    `message_en`; both messages are format strings over `details`. `details` travel to API clients as they are, so
    they hold plain JSON values and never personal data.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "kaibo.error"
    message_zh: ClassVar[str] = "出错了"
    message_en: ClassVar[str] = "Something went wrong"

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.message("en"))

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process that raises one hands it over whole; by default only the sentence would travel, and not arrive."""
        return _again, (type(self), self.details)

    def message(self, language: str = "zh") -> str:
        """This function will give the sentence a person reads, in `zh` or `en`."""
        template = self.message_en if language.startswith("en") else self.message_zh
        try:
            return template.format(**self.details)
        except (KeyError, IndexError, ValueError):
            return template

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """This function will give the body of the JSON answer: `{"code", "message", "details"}`."""
        return {"code": self.code, "message": self.message(language), "details": self.details}


def _again(kind: type[KaiboError], details: dict[str, Any]) -> KaiboError:
    made = kind.__new__(kind)
    KaiboError.__init__(made, **details)
    return made


class Invalid(KaiboError):
    """What was sent cannot be right (422)."""

    status = 422
    code = "invalid"
    message_zh = "填写的内容有误"
    message_en = "What was sent is not valid"


class Forbidden(KaiboError):
    """The person may not do this; `details["reason"]` says why (403)."""

    status = 403
    code = "forbidden"
    message_zh = "没有权限：{reason}"
    message_en = "Not allowed: {reason}"


class NotFound(KaiboError):
    """There is no such thing, or it is not visible to this person (404)."""

    status = 404
    code = "not_found"
    message_zh = "没有找到"
    message_en = "Not found"


class Conflict(KaiboError):
    """The world moved on: another person or process was first (409)."""

    status = 409
    code = "conflict"
    message_zh = "状态已变化，请刷新后再试"
    message_en = "Somebody was first; reload and try again"


class TooMany(KaiboError):
    """Too much at once; `details["retry_after_seconds"]` says when to come back (429)."""

    status = 429
    code = "too_many"
    message_zh = "操作太频繁，请稍后再试"
    message_en = "Too many requests; try again shortly"


class Unavailable(KaiboError):
    """Something Kaibo needs is away; nothing was changed and a retry is safe (503)."""

    status = 503
    code = "unavailable"
    message_zh = "服务暂时不可用，什么都没有改变，请稍后再试"
    message_en = "Temporarily unavailable; nothing was changed, a retry is safe"
