"""
Risk 风险: a register of mentions with a one-hour clock.

Source: RSK-1.
Facts in: none.   Facts out: `risk.mention_flagged`.
"""
