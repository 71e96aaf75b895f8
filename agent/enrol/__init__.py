"""How this box gets and renews its certificate: a program of its own, which the agent never loads."""
