"""Personal data: encrypted per person, masked by default, unmasked only with a recorded reason, erased by destroying the key."""
