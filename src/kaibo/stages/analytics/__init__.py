"""
Data and retrospective 数据与复盘: figures of a session and why they were so.

Source: INS-1, INS-2, INS-4, INS-9, INS-11, INS-12, LIV-12.
Facts in: `live.session_ended`.   Facts out: `analytics.retrospective_concluded`.
"""
