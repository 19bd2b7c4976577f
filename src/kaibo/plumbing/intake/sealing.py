"""The one seam to the vault: personal cells of a waiting row are kept encrypted, each row under its own key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from kaibo.plumbing.vault import vault

PLACEHOLDER = "〔已加密，重新导入时自动还原〕"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row's cells without what is personal, and the rest encrypted (None where nothing is)."""

    cells: list[str]
    subject_id: UUID | None
    blob: bytes | None


def seal_rows(rows: Sequence[tuple[str, list[str]]], personal: Sequence[int], *, now: datetime) -> list[Sealed]:
    """This function will take personal cells out of rows (identity, cells) and encrypt them; constant queries."""
    secrets = [{str(i): cells[i] for i in personal if i < len(cells) and cells[i]} for _, cells in rows]
    needing = {f"intake:{identity}": secret for (identity, _), secret in zip(rows, secrets, strict=True) if secret}
    subjects = vault.subject_ids(needing, now=now) if needing else {}
    blobs = vault.seal_many({subjects[identity]: secret for identity, secret in needing.items()}) if needing else {}
    hidden = frozenset(personal)
    sealed = []
    for identity, cells in rows:
        subject = subjects.get(f"intake:{identity}")
        open_cells = ["" if index in hidden else cell for index, cell in enumerate(cells)]
        sealed.append(Sealed(open_cells, subject, blobs.get(subject) if subject else None))
    return sealed


def unsealed(cells: Sequence[str], subject_id: UUID | None, blob: bytes | memoryview | None) -> list[str]:
    """
    This function will put the personal cells back, for a machine step that shows them to nobody.

    Raises: PersonErased.
    """
    whole = list(cells)
    if subject_id is not None and blob is not None:
        for index, cell in vault.reveal_for_machine(subject_id, bytes(blob)).items():
            whole[int(index)] = cell
    return whole


def fingerprint(source: Sequence[str], header: Sequence[str], cells: Sequence[str]) -> str:
    """This function will give a keyed hash of a row, so that the same row of the same source waits only once."""
    words = "\x1f".join([*source, "\x1e", *header, "\x1e", *cells])
    return hmac.new(b"kaibo.intake:" + settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256).hexdigest()
