"""Documents to send on: their words can be read and their characters drawn on a machine that has no Chinese font."""

from __future__ import annotations

import ctypes
import io
import zipfile
from xml.etree import ElementTree

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from kaibo.plumbing.document_files.blocks import WIDEST, Block, drawn
from kaibo.plumbing.document_files.pdf import pdf_file
from kaibo.plumbing.document_files.word import word_file

BLOCKS = [
    Block("竞品分析简报 · 梨花家", level=1), Block("本周 ¥1,234 起，#strong[不是标记] $x$ \\ 反斜杠 <b>"), Block("动了什么", level=2),
    Block(rows=(("市场", "竞品", "价格"), ("短款双面呢外套", "梨花家 · 双面呢", "¥599 → ¥549"))),
]  # fmt: skip


def picture(width=1_800, height=900, colour="red"):
    kept = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(kept, "PNG")
    kept.seek(0)
    return drawn(kept)


def texts_and_fonts(pdf):
    """All words of a PDF, and of each font of its text whether it travels inside the file."""
    document, said, fonts = pypdfium2.PdfDocument(pdf), [], set()
    for page in document:
        said.append(page.get_textpage().get_text_bounded())
        for one in page.get_objects():
            if one.type == pdfium.FPDF_PAGEOBJ_TEXT:
                font = pdfium.FPDFTextObj_GetFont(one.raw)
                size = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
                name = ctypes.create_string_buffer(size)
                pdfium.FPDFFont_GetBaseFontName(font, name, size)
                fonts.add((name.value.decode(), bool(pdfium.FPDFFont_GetIsEmbedded(font))))
    return "\n".join(said), fonts


def test_a_pdf_carries_every_font_it_is_drawn_with():
    said, fonts = texts_and_fonts(pdf_file(BLOCKS))
    assert fonts and all(is_inside for _name, is_inside in fonts)
    assert all("NotoSansCJK" in name for name, _ in fonts)
    assert "竞品分析简报 · 梨花家" in said and "¥599 → ¥549" in said


def test_words_are_never_read_as_markup():
    said, _fonts = texts_and_fonts(pdf_file(BLOCKS))
    assert "#strong[不是标记] $x$ \\ 反斜杠 <b>" in said


def test_a_chinese_character_is_drawn_and_not_an_empty_box():
    def ink(words):
        page = pypdfium2.PdfDocument(pdf_file([Block(words, level=1)]))[0].render(scale=2).to_pil().convert("L")
        return page.crop((0, 0, page.width, page.height // 4)).point(lambda level: level < 128 and 255).getbbox(), page.tobytes()

    (left, top, right, bottom), drawn_one = ink("龘")
    assert right - left > 20 and bottom - top > 20
    assert drawn_one != ink("一")[1]  # boxes for missing characters would all look the same


def test_the_same_blocks_are_the_same_bytes():
    assert pdf_file(BLOCKS) == pdf_file(BLOCKS)
    assert word_file(BLOCKS) == word_file(BLOCKS)


def test_a_long_document_goes_on_over_pages_that_say_which_they_are_and_repeat_the_head_of_a_table():
    rows = (("市场", "竞品"), *((f"第{n}行", "双面呢") for n in range(90)))
    document = pypdfium2.PdfDocument(pdf_file([Block(rows=rows)]))
    assert len(document) >= 2
    pages = [page.get_textpage().get_text_bounded() for page in document]
    assert all("竞品" in page for page in pages)
    assert f"2 / {len(document)}" in pages[1]
    assert sum(page.count("双面呢") for page in pages) == 90


def test_a_picture_is_brought_to_the_width_of_a_page_and_stands_in_both_files():
    one = picture()
    assert (one.width_px, one.height_px) == (WIDEST, 600)
    page = pypdfium2.PdfDocument(pdf_file([Block(picture=one)]))[0].render(scale=1).to_pil()
    assert page.getpixel((page.width // 2, 120))[0] > 200 > page.getpixel((page.width // 2, 120))[1]
    folder = zipfile.ZipFile(io.BytesIO(word_file([Block(picture=one), Block(picture=picture(300, 300))])))
    assert folder.read("word/media/picture1.jpg") == one.jpeg
    drawn_ids = [node.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed") for node in ElementTree.fromstring(folder.read("word/document.xml")).iter("{http://schemas.openxmlformats.org/drawingml/2006/main}blip")]
    known = {node.get("Id"): node.get("Target") for node in ElementTree.fromstring(folder.read("word/_rels/document.xml.rels"))}
    assert [known[one] for one in drawn_ids] == ["media/picture1.jpg", "media/picture2.jpg"]


def test_a_tall_picture_is_made_to_fit_a_page_and_not_cut():
    document = pypdfium2.PdfDocument(pdf_file([Block(picture=picture(600, 3_000))]))
    page = document[0].render(scale=1).to_pil()
    assert len(document) == 1
    box = page.convert("L").point(lambda level: level < 200 and 255).crop((0, 0, page.width, page.height - 50)).getbbox()
    assert box[3] < page.height - 50
    assert (box[3] - box[1]) / (box[2] - box[0]) > 4.8


def test_control_characters_do_not_break_a_file():
    blocks = [Block("坏\x00字\x0b符"), Block(rows=(("头",), ("格\x07子",)))]
    assert "坏字符" in texts_and_fonts(pdf_file(blocks))[0]
    ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(word_file(blocks))).read("word/document.xml"))
