"""
The viewer's page and what it is made of, read once at start: compressed, and under an address that names the content.

Everything lies under `/static/<hash of all files>/`, where browsers may keep it for good; the page itself is asked for
each time, and names the hash. A deployment changes the hash, so nobody runs an old script against a new room.

A phone waits for round trips more than for bytes: what a page starts with comes as one script and one stylesheet, in a
folder of the page's name, and the page carries the room's picture itself.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kaibo.room.joining import fetched_later, join

STATIC = Path(__file__).parent / "static"
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
MOST_PICTURES = 256
_ENTRY = re.compile(r'<script type="module" src="/static/([\w.-]+\.js)"></script>')
_STYLE = re.compile(r'<link rel="stylesheet" href="/static/([\w.-]+\.css)">\n')
_OWN_PLACE = re.compile(r'(?<=["\'])/static/')
_BODY_END = "</body>"
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
        texts = {name: content.decode() for name, content in contents.items() if name.endswith((".js", ".css", ".html"))}
        joined: dict[str, str] = {}
        pages = {name: _start_together(name, texts, joined) for name in texts if name.endswith(".html")}
        contents |= {name: text.encode() for name, text in joined.items()}
        build = hashlib.blake2b(digest_size=6)
        for name, content in contents.items():
            build.update(f"{name}\0{len(content)}\0".encode() + content)
        self.build = build.hexdigest()
        self._assets = {name: Asset.of(content, _kind(name)) for name, content in contents.items() if name not in pages}
        # Packed once per picture: a crowd that comes at once gets the same bytes.
        self._made = lru_cache(maxsize=MOST_PICTURES)(self._make)
        self._pages = {name: _OWN_PLACE.sub(f"/static/{self.build}/", page) for name, page in pages.items()}

    def routes(self) -> list[BaseRoute]:
        return [Route("/static/{path:path}", self._file)]

    def page(self, name: str, request: Request, headers: dict[str, str], *, picture: bytes = b"") -> Response:
        """
        This function will send one page, with the room's picture (JSON) in it where there is one.

        The picture is data that no browser runs, and no word in it can end it: a `<` in it is written as JSON allows.
        """
        return self._made(name, picture).answer(request, {"cache-control": ASK_EACH_TIME, **headers})

    def _make(self, name: str, picture: bytes) -> Asset:
        page = self._pages[name]
        if picture:
            data = picture.decode().replace("<", "\\u003c")
            page = page.replace(_BODY_END, f'<script type="application/json" id="now">{data}</script>\n{_BODY_END}', 1)
        return Asset.of(page.encode(), _kind(name))

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


def _start_together(page_name: str, texts: dict[str, str], joined: dict[str, str]) -> str:
    """A page whose styles and modules are one file each, which are put into `joined` with those it fetches later."""
    page, folder = texts[page_name], Path(page_name).stem
    styles = _STYLE.findall(page)
    if styles:
        joined[f"{folder}/{folder}.css"] = "".join(texts[name] for name in styles)
        together = f'<link rel="stylesheet" href="/static/{folder}/{folder}.css">\n'
        page = _STYLE.sub("", _STYLE.sub(lambda _: together, page, count=1))
    if entry := _ENTRY.search(page):
        joined[f"{folder}/{entry[1]}"] = join(entry[1], texts)
        joined |= {f"{folder}/{name}": text for name, text in fetched_later(entry[1], texts).items()}
        page = page.replace(f"/static/{entry[1]}", f"/static/{folder}/{entry[1]}")
    return page


def _kind(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
