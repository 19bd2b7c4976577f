"""
Selection 选品: which product to bring to market, from competitors, reviews and figures.

Source: SEL-6, SEL-7, SEL-8, SEL-10.
Facts in: none yet (returns and complaints flow in through `aftersales.case_closed`).   Facts out: `selection.candidate_approved`.
"""
