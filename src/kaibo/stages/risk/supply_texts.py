"""What service says to buyers about a courier's trouble and a stock-out: ready texts in the buyers' own language. They promise nothing that is not known."""

from __future__ import annotations

from datetime import date


def paused_not_left(courier: str, places: str, others: str) -> str:
    """This function will give what is said to buyers whose parcel has not left yet."""
    changed = f"您的订单我们已改用{others}发出" if others else "您的订单暂时没有其他快递能到，我们先为您保留，也可以申请退款"
    return f"您好，{courier}目前{places}收寄不畅，{changed}，单号生成后会在订单里更新。给您添麻烦了，有急用请直接告诉我，我来帮您处理。"


def paused_on_the_way(courier: str, places: str, until: date | None) -> str:
    """This function will give what is said to buyers whose parcel is on the way with that courier."""
    when = f"对方预计 {until.month} 月 {until.day} 日前恢复" if until else "恢复时间对方还没有给出"
    return f"您好，您的包裹由{courier}承运，目前{places}派送不畅，{when}。我们每天在催，有进展马上告诉您；如果不想等，我帮您登记拦截退回或补发。"


def out_of_stock(goods: str, here_on: date | None) -> str:
    """This function will give what is said to buyers whose item is out: wait, change, or have the money back – theirs to choose."""
    wait = f"补货预计 {here_on.month} 月 {here_on.day} 日到仓，到了优先给您发" if here_on else "补货时间还没有确定"
    return f"您好，您拍的{goods}现在缺货，是我们的备货没跟上，抱歉。您可以选：一、等货，{wait}；二、换同价位的其他款；三、现在全额退款。您选哪一种，我马上办。"
