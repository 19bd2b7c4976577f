"""Reads of analytics: what others' tables tell of a session (`record`), its picture (`gathering`), and the pages' rows (`sessions`)."""

from kaibo.stages.analytics.queries.sessions import (
    ActionUnknown,
    NoPictureYet,
    SessionRow,
    action_for,
    actions_due,
    actions_of,
    concluded_sessions,
    histories_of,
    history_of,
    kept_picture,
    lessons_of,
    platform_of,
    platforms_of,
    retrospective_of,
    session_rows,
    sessions_to_conclude,
    snapshots_of,
    targets_for,
)

__all__ = [
    "ActionUnknown", "NoPictureYet", "SessionRow", "action_for", "actions_due", "actions_of", "concluded_sessions", "histories_of", "history_of", "kept_picture",
    "lessons_of", "platform_of", "platforms_of", "retrospective_of", "session_rows", "sessions_to_conclude", "snapshots_of", "targets_for",
]  # fmt: skip
