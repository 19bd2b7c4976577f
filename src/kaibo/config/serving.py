"""The HTTP server of our own processes: stopping when asked to is no failure."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator

import uvicorn


class Server(uvicorn.Server):
    """Calls `before_exit` at the first sign of stopping: the room ends its viewers' streams there, so that nobody waits for them."""

    def __init__(self, config: uvicorn.Config, before_exit: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self._before_exit = before_exit

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's own, this does not raise the signal again at the end."""
        before = {sig: signal.getsignal(sig) for sig in (signal.SIGTERM, signal.SIGINT)}
        loop = asyncio.get_running_loop()
        for sig in before:
            loop.add_signal_handler(sig, self._stop, sig)
        try:
            yield
        finally:
            for sig, handler in before.items():
                loop.remove_signal_handler(sig)
                signal.signal(sig, handler)

    def _stop(self, sig: int) -> None:
        self._before_exit()
        self.handle_exit(sig, None)
