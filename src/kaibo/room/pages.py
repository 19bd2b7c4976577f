"""
The viewer's page and what it is made of, read once at start: compressed, and under an address that names the content.

Everything lies under `/static/<hash of all files>/`, where browsers may keep it for good; the page itself is asked for
each time, and names the hash. A deployment changes the hash, so nobody runs an old script against a new room.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

STATIC = Path(__file__).parent / "static"
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"';]*["']\./([\w.-]+\.js)["']""", re.MULTILINE)
_OWN_PLACE = re.compile(r'(?<=["\'])/static/')
_HEAD_END = "</head>"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
_WORTH_PACKING = ("text/", "application/json", "image/svg")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: plain, and packed where that makes it smaller."""

    plain: bytes
    packed: bytes | None
    kind: str
    mark: str

    @classmethod
    def of(cls, content: bytes, kind: str) -> Asset:
        packed = gzip.compress(content, 9, mtime=0) if kind.startswith(_WORTH_PACKING) else None
        if packed is not None and len(packed) >= len(content):
            packed = None
        return cls(content, packed, kind, hashlib.blake2b(content, digest_size=9).hexdigest())

    def answer(self, request: Request, headers: dict[str, str]) -> Response:
        """This function will send the file in the form the browser takes, or say that it has it already."""
        headers = {"x-content-type-options": "nosniff", "etag": f'"{self.mark}"', "vary": "accept-encoding", **headers}
        if f'"{self.mark}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if self.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(self.packed, headers=headers, media_type=self.kind)
        return Response(self.plain, headers=headers, media_type=self.kind)


class Pages:
    """All files of the room's front."""

    def __init__(self, folder: Path = STATIC) -> None:
        contents = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        build = hashlib.blake2b(digest_size=6)
        for name, content in contents.items():
            build.update(f"{name}\0{len(content)}\0".encode() + content)
        self.build = build.hexdigest()
        self._assets = {
            name: Asset.of(content, _kind(name)) for name, content in contents.items() if not name.endswith(".html")
        }
        self._pages = {
            name: Asset.of(self._with_addresses(content.decode(), contents).encode(), _kind(name))
            for name, content in contents.items()
            if name.endswith(".html")
        }

    def routes(self) -> list[BaseRoute]:
        return [Route("/static/{path:path}", self._file)]

    def page(self, name: str, request: Request, headers: dict[str, str]) -> Response:
        """This function will send one page."""
        return self._pages[name].answer(request, {"cache-control": ASK_EACH_TIME, **headers})

    async def _file(self, request: Request) -> Response:
        path: str = request.path_params["path"]
        build, _, name = path.partition("/")
        is_named = build == self.build
        asset = self._assets.get(name if is_named else path)
        if asset is None and not is_named and re.fullmatch(r"[0-9a-f]{12}", build):
            asset = self._assets.get(name)  # a page of another build: give it what we have, to be asked for again
        if asset is None:
            return Response(status_code=404, headers={"cache-control": "no-store"})
        return asset.answer(request, {"cache-control": FOR_GOOD if is_named else ASK_EACH_TIME})

    def _with_addresses(self, page: str, contents: dict[str, bytes]) -> str:
        """Name the build in every address, and let the browser fetch all modules at once rather than one after another."""
        entry = re.search(r'<script type="module" src="/static/([\w.-]+\.js)"', page)
        modules = _imported_by(entry[1], contents) if entry else []
        wanted = [name for name in modules if f'rel="modulepreload" href="/static/{name}"' not in page]
        links = "".join(f'<link rel="modulepreload" href="/static/{name}">\n' for name in wanted)
        return _OWN_PLACE.sub(f"/static/{self.build}/", page.replace(_HEAD_END, links + _HEAD_END, 1))


def _imported_by(entry: str, contents: dict[str, bytes]) -> list[str]:
    found: list[str] = []
    waiting = [entry]
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in contents:
            found.append(name)
            waiting += _IMPORT.findall(contents[name].decode())
    return found


def _kind(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
