"""The wall: one live page for the command centre."""
