"""
Selection 选品: which product to bring to market, from competitors, reviews and figures. For buyers 选品 and the owner 店长.

Source: SEL-6, SEL-7, SEL-8, SEL-10; SEL-19 as a seam (`handlers.note_case`).
Facts in: `aftersales.case_closed` (complaints flow back as evidence).   Facts out: `selection.candidate_approved`.
"""
