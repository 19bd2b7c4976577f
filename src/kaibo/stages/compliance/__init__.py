"""
Compliance 合规: the qualification matrix with expiry, and screening of every text with its law article.

Source: CMP-1, CMP-2, CMP-4.
Facts in: none.   Facts out: `compliance.qualification_expired`.
"""
