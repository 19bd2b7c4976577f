"""
A brief as a Word file and as a PDF, written without a package: a few blocks of text need no layout engine.

The PDF names the Chinese font every reader brings (STSong-Light, an Adobe-GB1 font) and embeds none, so it weighs a few
kilobytes and shows Chinese in Acrobat, WPS, browsers and phones.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document: a heading of level 1 or 2, a paragraph (level 0), or a table whose first row is its head."""

    text: str = ""
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = field(default=())


# Word

_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
_TAIL = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="600" w:footer="600" w:gutter="0"/></w:sectPr></w:body></w:document>'
_FONT = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Microsoft YaHei"/>'
_SIZES = {0: 21, 1: 36, 2: 26}
"""In half points."""
_STAMP = (2020, 1, 1, 0, 0, 0)
"""Files carry no time of their own: the same brief is the same bytes."""


def _run(text: str, *, level: int = 0, is_bold: bool = False) -> str:
    bold = "<w:b/>" if is_bold or level else ""
    kept = escape("".join(char for char in text if char >= " "))
    return f'<w:r><w:rPr>{_FONT}{bold}<w:sz w:val="{_SIZES[level]}"/></w:rPr><w:t xml:space="preserve">{kept}</w:t></w:r>'


def _paragraph(text: str, level: int) -> str:
    space = f'<w:spacing w:before="{240 if level else 40}" w:after="{120 if level else 40}"/>'
    outline = f'<w:outlineLvl w:val="{level - 1}"/>' if level else ""
    return f"<w:p><w:pPr>{space}{outline}</w:pPr>{_run(text, level=level)}</w:p>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    edges = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="BBBBBB"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
    width = 9_600 // max(1, len(rows[0]))
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for _ in rows[0])
    lines = "".join(
        "<w:tr>" + "".join(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr><w:p>{_run(cell, is_bold=place == 0)}</w:p></w:tc>' for cell in row) + "</w:tr>"
        for place, row in enumerate(rows)
    )
    return f'<w:tbl><w:tblPr><w:tblW w:w="9600" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl><w:p/>'


def word_file(blocks: Sequence[Block]) -> bytes:
    """This function will write blocks as a .docx."""
    body = "".join(_table(one.rows) if one.rows else _paragraph(one.text, one.level) for one in blocks)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELS), ("word/document.xml", _HEAD + body + _TAIL)):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text)
    return written.getvalue()


# PDF

_PAGE_WIDTH, _PAGE_HEIGHT, _EDGE = 595, 842, 50
_POINTS = {0: 10, 1: 18, 2: 13}


def _width(text: str, points: float) -> float:
    return sum(points * (0.5 if char < "\x7f" else 1) for char in text)


def _wrapped(text: str, points: float, room: float) -> Iterator[str]:
    line = ""
    for char in text:
        if line and _width(line + char, points) > room:
            yield line
            line = ""
        line += char
    yield line


class _Pages:
    """Text put down line by line from the top, a new page where one is full."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = [[]]
        self.y: float = _PAGE_HEIGHT - _EDGE

    def need(self, height: float) -> None:
        if self.y - height < _EDGE:
            self.pages.append([])
            self.y = _PAGE_HEIGHT - _EDGE

    def line(self, x: float, text: str, points: float, y: float | None = None) -> None:
        code = text.encode("utf-16-be", "replace").hex()
        self.pages[-1].append(f"BT /F1 {points} Tf {x:.1f} {(self.y if y is None else y):.1f} Td <{code}> Tj ET")

    def rule(self, y: float) -> None:
        self.pages[-1].append(f"0.8 G 0.5 w {_EDGE} {y:.1f} m {_PAGE_WIDTH - _EDGE} {y:.1f} l S")


def _put_text(pages: _Pages, one: Block) -> None:
    points = _POINTS[one.level]
    pages.need(points * 2.4 if one.level else points * 1.6)
    pages.y -= points * (0.9 if one.level else 0.2)
    for line in _wrapped(one.text, points, _PAGE_WIDTH - 2 * _EDGE):
        pages.need(points * 1.5)
        pages.y -= points * 1.5
        pages.line(_EDGE, line, points)


def _put_table(pages: _Pages, rows: Sequence[Sequence[str]]) -> None:
    columns = len(rows[0])
    asked = [min(24.0, max(4.0, *(_width(row[column], 1) for row in rows))) for column in range(columns)]
    room = _PAGE_WIDTH - 2 * _EDGE
    widths = [room * one / sum(asked) for one in asked]
    pages.y -= 4
    for row in rows:
        cells = [list(_wrapped(cell, 9, width - 6)) for cell, width in zip(row, widths, strict=True)]
        height = 13 * max(map(len, cells)) + 3
        pages.need(height)
        x = float(_EDGE)
        for lines, width in zip(cells, widths, strict=True):
            for place, line in enumerate(lines):
                pages.line(x, line, 9, pages.y - 12 - 13 * place)
            x += width
        pages.y -= height
        pages.rule(pages.y - 1)
    pages.y -= 6


def pdf_file(blocks: Sequence[Block]) -> bytes:
    """This function will write blocks as a PDF."""
    pages = _Pages()
    for one in blocks:
        if one.rows:
            _put_table(pages, one.rows)
        else:
            _put_text(pages, one)
    count = len(pages.pages)
    kids = " ".join(f"{6 + 2 * place} 0 R" for place in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 5 0 R /DW 1000 /W [1 95 500] >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    for place, drawn in enumerate(pages.pages):
        stream = "\n".join(drawn).encode()
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_PAGE_WIDTH} {_PAGE_HEIGHT}] /Resources << /Font << /F1 3 0 R >> >> /Contents {7 + 2 * place} 0 R >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return _assembled(objects)


def _assembled(objects: Sequence[bytes]) -> bytes:
    written = io.BytesIO()
    written.write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, one in enumerate(objects, start=1):
        places.append(written.tell())
        written.write(b"%d 0 obj\n%s\nendobj\n" % (number, one))
    table = written.tell()
    written.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    written.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    written.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return written.getvalue()
