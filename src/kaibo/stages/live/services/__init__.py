"""Writes of the desk: a file per use case. Lock order: the desk's row, the ledger's items, the room's row."""

from kaibo.stages.live.services.incidents import (
    FollowUp,
    end_incident,
    start_drill,
    start_incident,
    tell_of_incident,
    tick_step,
    untick_step,
)
from kaibo.stages.live.services.items import (
    close_due_flash_sales,
    close_item,
    extend_item,
    open_flash_sale,
    put_back,
    start_flash,
    take_down,
)
from kaibo.stages.live.services.notices import post_notice, prompt_host
from kaibo.stages.live.services.playbooks import propose_playbooks, write_playbook
from kaibo.stages.live.services.prices import change_price, confirm_price, refuse_price
from kaibo.stages.live.services.prompter import acknowledge_prompt, note_point_said
from kaibo.stages.live.services.rundown import go_to_segment, next_segment, pin_item, previous_segment, replan_rest
from kaibo.stages.live.services.sampling import count_entries, sample_figures
from kaibo.stages.live.services.sessions import end_session, start_session
from kaibo.stages.live.services.streams import switch_stream
from kaibo.stages.live.services.telling import Told, tell_figures
from kaibo.stages.live.services.undoing import undo_last

__all__ = [
    "FollowUp", "Told", "acknowledge_prompt", "change_price", "close_due_flash_sales", "close_item", "confirm_price", "count_entries", "end_incident",
    "end_session", "extend_item", "go_to_segment", "next_segment", "note_point_said", "open_flash_sale", "pin_item", "post_notice", "previous_segment",
    "prompt_host", "propose_playbooks", "put_back", "refuse_price", "replan_rest", "sample_figures", "start_drill", "start_flash", "start_incident",
    "start_session", "switch_stream", "take_down", "tell_figures", "tell_of_incident", "tick_step", "undo_last", "untick_step", "write_playbook",
]  # fmt: skip
