"""Cameras: one file per type, one table, one subprocess per camera; pictures never load into the core."""
