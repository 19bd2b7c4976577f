"""A candidate's figures as the rules need them."""

from __future__ import annotations

from kaibo.stages.selection.models import Candidate
from kaibo.stages.selection.rules import Economics


def economics_of(candidate: Candidate) -> Economics:
    """This function will give a candidate's figures as the rules need them."""
    return Economics(
        candidate.cost_fen, candidate.price_fen, candidate.return_bp, candidate.freight_fen, candidate.return_loss_fen, candidate.commission_bp
    )
