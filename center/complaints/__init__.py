"""Complaints: what citizens filed, its life-cycle and its append-only log."""
