"""
Chinese text, pure: what it says once disguises are off, what the law objects to, what reviews complain about
(CMP-2, CMP-3, CMP-4, SEL-5, SEL-6).

`normaliser` undresses text and remembers where each character stood, `lexicon` holds the dated words of `lexicons/`,
`screening` finds them, `segmentation` cuts text into words, `themes` finds complaints in reviews. No stage, no Django.
"""
