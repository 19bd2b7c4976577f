"""Which kinds of file a document can become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kaibo.plumbing.document_files.blocks import Block
from kaibo.plumbing.document_files.pdf import pdf_file
from kaibo.plumbing.document_files.word import word_file


@dataclass(frozen=True, slots=True)
class Writer:
    """One kind of file a document can become."""

    write: Callable[[Sequence[Block]], bytes]
    content_type: str


WRITERS: Mapping[str, Writer] = {
    "docx": Writer(word_file, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": Writer(pdf_file, "application/pdf"),
}
"""By the ending of the file's name."""
