"""
Ask once: within one reading (a board, a home page) the same question goes to the database a single time.

The gates of twelve stages start from the same few facts, such as which product a launch is about. Each gate asks for itself and
can be called alone; within `with reading():` the second asker gets the first one's answer. For reads only: nothing is kept
beyond the block, and a block must not write what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
Answer = TypeVar("Answer")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """This function will let questions marked `asked_once` be answered from memory until the block ends; blocks may nest."""
    if _answers.get() is not None:
        yield
        return
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def is_reading() -> bool:
    return _answers.get() is not None


def asked_once(question: Callable[P, Answer]) -> Callable[P, Answer]:
    """
    This function will mark a read that one reading asks again and again. Its arguments are plain values or collections of
    ids, whose order does not matter; those who get the answer share it and must not change it.
    """

    @wraps(question)
    def ask(*args: P.args, **kwargs: P.kwargs) -> Answer:
        answers = _answers.get()
        if answers is None:
            return question(*args, **kwargs)
        given = [_held(one) for one in args]
        named = {name: _held(one) for name, one in kwargs.items()}
        key = (question, tuple(given), frozenset(named.items()))
        if key not in answers:
            answers[key] = question(*given, **named)
        answer: Answer = answers[key]
        return answer

    return ask


def each_asked_once(question: Callable[[Iterable[Hashable], Any], dict[Any, Answer]]) -> Callable[[Iterable[Any], Any], dict[Any, Answer]]:
    """
    This function will mark a read that gives an answer for each of many ids at one moment: within a reading only the ids nobody
    asked about yet are asked. An id without an answer stays without one.
    """

    @wraps(question)
    def ask(ids: Iterable[Any], at: Any) -> dict[Any, Answer]:
        answers = _answers.get()
        if answers is None:
            return question(ids, at)
        wanted = list(dict.fromkeys(ids))
        known: dict[Any, Answer] = answers.setdefault((question, at), {})
        asked: set[Any] = answers.setdefault((question, at, "asked"), set())
        if new := [one for one in wanted if one not in asked]:
            known.update(question(new, at))
            asked.update(new)
        return {one: known[one] for one in wanted if one in known}

    return ask


def _held(argument: Any) -> Any:
    """A collection is held as a set of its own, so that two views of the same ids are the same question."""
    return frozenset(argument) if isinstance(argument, Iterable) and not isinstance(argument, str | bytes) else argument
