"""Staff 人员: accounts, roles per shop, and the actor each request carries (TEAM-1)."""
