"""The fleet: which configuration and which release every box runs, and which it should."""
