"""How a box gets its certificate: one-time tokens, the listener boxes speak to, and the signer behind it."""
