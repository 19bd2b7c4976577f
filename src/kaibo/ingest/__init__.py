"""
Video ingest 推流: takes a room's picture by RTMP and gives it to viewers as HLS, through nginx with its RTMP module.

For technicians and the control desk. A room has two sources, `main` and `backup`; each is pushed with a signed key
(`keys`), watched twice a second (`watch`) and judged (`health`), so that a break is known within five seconds.
nginx does the streaming (`configuration`, `server`); this package decides who may push and says how it goes.
Source: LIV-8, LIV-9; issue of the front of house, "Video".
"""
