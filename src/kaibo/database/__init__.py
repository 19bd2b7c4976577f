"""Where the PostgreSQL is: an address from the settings, the embedded wheel, or one installed on the machine."""
