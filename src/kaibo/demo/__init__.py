"""
The example shop of `./kaibo demo`: an apparel shop in the middle of a live session, its viewers real HTTP clients.

Everything is made through the stages' own services, as people would; nothing is written past them.
"""
