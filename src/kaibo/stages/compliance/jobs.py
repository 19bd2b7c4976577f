"""Timed work of compliance, called by clocks of the work process."""

from __future__ import annotations

from datetime import datetime

from kaibo.master.shops.models import Shop
from kaibo.stages.compliance import disclosures, lexicon_trials, rights, services


def remind_expiring(now: datetime) -> int:
    """This function will remind of documents and rights that end soon, and bring the licence pages of rooms up to date.   Source: CMP-1, CMP-6, facts/law L4."""
    disclosures.publish_permits(Shop.objects.filter(is_active=True).values_list("pk", flat=True), now)
    return services.remind_expiring(now) + rights.remind_ending(now)


def read_again(now: datetime) -> int:
    """This function will read what is in use again once the words in force changed.   Source: CMP-4, CMP-9."""
    return lexicon_trials.sweep(now)
