"""The packaged matrix, claims and thresholds of compliance name their grounds in English on English pages."""

from __future__ import annotations

import re

from django.utils import translation

from kaibo.plumbing.citations import cited
from kaibo.stages.compliance.claims import packaged_claims
from kaibo.stages.compliance.rules import packaged_matrix

HAN = re.compile("[\u3400-\u9fff]")


def test_every_ground_of_the_packaged_matrix_and_claims_is_cited_without_chinese():
    with translation.override("en"):
        grounds = {one.source for one in packaged_matrix().rules} | {one.source for one in packaged_claims()}
        assert grounds
        assert sorted(one for one in grounds if HAN.search(cited(one))) == []
