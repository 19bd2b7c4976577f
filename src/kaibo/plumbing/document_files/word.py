"""A document as a Word file, written without a package: a few blocks need no layout engine."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from kaibo.plumbing.document_files.blocks import Block, Drawn

_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="jpg" ContentType="image/jpeg"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
_TAIL = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="600" w:footer="600" w:gutter="0"/></w:sectPr></w:body></w:document>'
_FONT = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Microsoft YaHei"/>'
_SIZES = {0: 21, 1: 36, 2: 26}
"""In half points."""
_STAMP = (2020, 1, 1, 0, 0, 0)
"""Files carry no time of their own: the same document is the same bytes."""
_WIDTH_EMU, _MOST_HEIGHT_EMU = 6_120_000, 8_600_000
"""What a picture may take of a page between its margins, in English metric units (914,400 an inch)."""
_DRAWING = """<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{number}" name="picture {number}"/><a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="{number}" name="picture {number}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rIdPicture{number}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""
_PARTS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
_PART = '<Relationship Id="rIdPicture{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/picture{0}.jpg"/>'


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


def _picture(picture: Drawn, number: int) -> str:
    wide = min(_WIDTH_EMU, _MOST_HEIGHT_EMU * picture.width_px // picture.height_px)
    return _DRAWING.format(number=number, wide=wide, high=wide * picture.height_px // picture.width_px)


def word_file(blocks: Sequence[Block]) -> bytes:
    """This function will write blocks as a .docx."""
    body, pictures = [], []
    for one in blocks:
        if one.picture is not None:
            pictures.append(one.picture)
            body.append(_picture(one.picture, len(pictures)))
        else:
            body.append(_table(one.rows) if one.rows else _paragraph(one.text, one.level))
    parts = _PARTS.format("".join(_PART.format(number) for number in range(1, len(pictures) + 1)))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("[Content_Types].xml", _TYPES), ("_rels/.rels", _RELS), ("word/document.xml", _HEAD + "".join(body) + _TAIL), ("word/_rels/document.xml.rels", parts)):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text)
        for number, picture in enumerate(pictures, 1):
            archive.writestr(zipfile.ZipInfo(f"word/media/picture{number}.jpg", _STAMP), picture.jpeg)
    return written.getvalue()
