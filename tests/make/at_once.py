"""Things that happen at the same moment, each on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Answer = TypeVar("Answer")


def at_once(*calls: Callable[[], Answer]) -> list[Answer]:
    """This function will run calls in threads, let go together, and give their answers; a call that raises fails the test."""
    gate, answers, failures = threading.Barrier(len(calls)), [], []

    def run(call: Callable[[], Answer]) -> None:
        try:
            gate.wait()
            answers.append(call())
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    return answers
