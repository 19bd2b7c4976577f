"""
The simulator 平台模拟器: a program of its own that behaves like the platforms Kaibo sells on, over real HTTP.

It shares nothing with the channels it is there to try: its own signatures, its own shapes, its own idea of an order. An
import-linter contract keeps both sides apart. `world` is what happens in a shop, told by a seed; a module a platform shows
it in that platform's words and verifies calls by its rules; `chaos` is what goes wrong; `server` is the HTTP.
"""
