"""
Compliance 合规: qualification documents by platform, shop type and category; texts screened before anybody reads them.

Source: CMP-1, CMP-2, CMP-4.   For compliance 合规, operations 运营, hosts 主播.
Facts in: none.   Facts out: `compliance.qualification_expired`.
"""
