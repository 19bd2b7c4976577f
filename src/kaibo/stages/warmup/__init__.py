"""
Warm-up 预热: announcements 3–5 days ahead, tracked links and QR codes.

Source: WRM-1, WRM-4.
Facts in: `showplan.session_scheduled`.   Facts out: none.
"""
