"""
The front of house 直播间: what viewers reach. Stream, chat, claims, likes, behaviour events, the viewer page.

For: viewers (LIV-9), and the desk that watches the same stream (LIV-6, LIV-7). Never loads Django.
In: allotments, prices, states and notices, written by the back of house through `backoffice` (LIV-4).
Out: durable claims, each idempotency key answered once (LIV-11), which the relay settles into orders; chat; events.
"""
