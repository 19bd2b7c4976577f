"""Timed work of compliance, called by clocks of the work process."""

from __future__ import annotations

from datetime import datetime

from kaibo.stages.compliance import lexicon_trials, rights, services


def remind_expiring(now: datetime) -> int:
    """This function will remind of documents and rights that end soon.   Source: CMP-1, CMP-6."""
    return services.remind_expiring(now) + rights.remind_ending(now)


def read_again(now: datetime) -> int:
    """This function will read what is in use again once the words in force changed.   Source: CMP-4, CMP-9."""
    return lexicon_trials.sweep(now)
