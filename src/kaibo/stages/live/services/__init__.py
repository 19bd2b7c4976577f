"""Writes of the desk: a file per use case. Lock order: the desk's row, the ledger's items, the room's row."""

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
from kaibo.stages.live.services.prices import change_price, confirm_price, refuse_price
from kaibo.stages.live.services.rundown import go_to_segment, next_segment, replan_rest
from kaibo.stages.live.services.sampling import sample_figures
from kaibo.stages.live.services.sessions import end_session, start_session
from kaibo.stages.live.services.undoing import undo_last

__all__ = [
    "change_price", "close_due_flash_sales", "close_item", "confirm_price", "end_session", "extend_item", "go_to_segment",
    "next_segment", "open_flash_sale", "post_notice", "prompt_host", "put_back", "refuse_price", "replan_rest", "sample_figures",
    "start_flash", "start_session", "take_down", "undo_last",
]  # fmt: skip
