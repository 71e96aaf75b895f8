"""Probes: one file each, one signature, one table, one runner that gives each its time and outlives its crashes."""
