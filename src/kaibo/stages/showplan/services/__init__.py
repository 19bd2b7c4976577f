"""Writes of session planning: a file per use case."""

from kaibo.stages.showplan.services.overrides import ask_override, confirm_override
from kaibo.stages.showplan.services.preparing import (
    assign_duty,
    confirm_duty,
    record_rehearsal,
    release_duty,
    sign_equipment,
)
from kaibo.stages.showplan.services.pushing import issue_stream_keys
from kaibo.stages.showplan.services.rundown import (
    NewOffer,
    add_segment,
    change_segment,
    remove_segment,
    reorder_segments,
)
from kaibo.stages.showplan.services.sessions import (
    back_to_draft,
    cancel_session,
    change_session,
    make_ready,
    mark_ended,
    mark_live,
    plan_session,
)

__all__ = [
    "NewOffer", "add_segment", "ask_override", "assign_duty", "back_to_draft", "cancel_session", "change_segment",
    "change_session", "confirm_duty", "confirm_override", "issue_stream_keys", "make_ready", "mark_ended", "mark_live", "plan_session",
    "record_rehearsal", "release_duty", "remove_segment", "reorder_segments", "sign_equipment",
]  # fmt: skip
