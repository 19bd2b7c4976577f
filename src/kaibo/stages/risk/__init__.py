"""
Risk 风险: a register of mentions with a one-hour clock.

Source: RSK-1, RSK-2, LIV-8 (what incidents left to do).
Facts in: `live.incident_closed`.   Facts out: `risk.mention_flagged`.
"""
