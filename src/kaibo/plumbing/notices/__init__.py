"""Notices to people inside Kaibo: the bell. Sending into other tools (企业微信 …) comes through channels."""
