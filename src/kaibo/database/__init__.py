"""
Where the PostgreSQL is: an address from the settings, the embedded wheel, or one installed on the machine.

`address.address(env)` is the one call others need; `embedded` starts and stops the server that comes along.
"""
