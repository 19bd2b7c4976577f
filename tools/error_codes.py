"""
Write docs/api.md: every complaint the JSON API can answer with, found by walking the error classes.

`python -m tools.error_codes` writes the file; a test holds it to the code.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "api.md"
KINDS = ("KaiboError", "Invalid", "Forbidden", "NotFound", "Conflict", "TooMany", "Unavailable")
HEAD = """# The JSON API of the console

Under `/api/v1`, described by OpenAPI at `/api/v1/openapi.json`. Sign in with a token (`Authorization: Bearer …`); it holds abilities
and is seen by its owner on their own page. Lists take `page` and `page_size` (at most 200). A write may carry `Idempotency-Key`: the
same key with the same body gets the first answer again, with another body it is refused.

An error is `{"code", "message", "details"}`. The status says its kind, the code says the complaint and never changes its meaning:

| status | kind | what to do |
|---|---|---|
| 422 | Invalid | correct what was sent |
| 403 | Forbidden | `details.reason` says which right is missing |
| 404 | NotFound | it is not there, or not visible to you |
| 409 | Conflict | somebody was first: read again, then decide |
| 429 | TooMany | wait `details.retry_after_seconds` |
| 503 | Unavailable | nothing was changed; ask again with the same key |

## Codes

Written by `python -m tools.error_codes`.

| code | status | message |
|---|---|---|
"""


def complaints() -> list[type]:
    """This function will load all of Kaibo and give the classes of its complaints, without the six kinds."""
    import kaibo
    from kaibo.kit.errors import KaiboError

    for module in pkgutil.walk_packages(kaibo.__path__, "kaibo."):
        if ".migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = [], [KaiboError]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__name__ not in KINDS and one.__module__.startswith("kaibo.") and "code" in vars(one):
            found.append(one)
    return sorted(set(found), key=lambda one: (one.code, one.__module__))


def page() -> str:
    """This function will give the text of docs/api.md."""
    rows = [f"| `{one.code}` | {one.status} | {one.message_en.replace('|', '¦')} |" for one in complaints()]
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    sys.path.insert(0, str(ROOT / "src"))
    from kaibo.config.setup import django_ready

    django_ready()
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
