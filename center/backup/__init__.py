"""Backing up and restoring the centre: one file that makes a working centre again, on this machine or another."""
