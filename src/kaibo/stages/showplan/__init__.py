"""
Session planning 场次策划与筹备: sessions, staffing, equipment, run of show, the go/no-go gate.

Source: SHW-3, SHW-4, SHW-5, SHW-10, LIV-1.
Facts in: `analytics.retrospective_concluded`.   Facts out: `showplan.session_scheduled`.
"""
