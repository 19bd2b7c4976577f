"""
Live 直播中控: the control desk; items, prices, flash sales, claims arriving.

Source: LIV-1, LIV-4, LIV-6, LIV-7, CMP-8.
Facts in: none.   Facts out: `live.session_started`, `live.session_ended`.
"""
