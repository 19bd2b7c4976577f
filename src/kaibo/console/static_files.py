"""The addresses of the console's own files."""

from __future__ import annotations

from functools import lru_cache

from django.contrib.staticfiles.storage import StaticFilesStorage


class KnownFiles(StaticFilesStorage):
    """Writes the address of a file once; the frame of every page names twenty."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._address = lru_cache(maxsize=1_000)(super().url)

    def url(self, name: str | None) -> str:
        return self._address(name)
