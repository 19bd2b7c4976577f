"""The real wiring with the tests' kind of file beside the stages' own; badges off, they are other tests' matter."""

from __future__ import annotations

from dataclasses import replace

from kaibo.config.wiring import WIRING as REAL
from tests.plumbing.intake.wiring import PARCEL_STAGE

WIRING = replace(
    REAL, stages=tuple(replace(stage, badge=None, today=None) for stage in REAL.stages), shared=(*REAL.shared, PARCEL_STAGE)
)
