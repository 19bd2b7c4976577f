"""
Live 直播中控: the control desk, the prompter, playbooks; items, prices, flash sales, claims arriving.

Source: LIV-1 to LIV-8, LIV-13, SEL-10, CMP-8.
Facts in: none.   Facts out: `live.session_started`, `live.session_ended`, `live.incident_closed`.
"""
