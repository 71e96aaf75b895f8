"""Ingest: what arrives from the nodes, stored exactly once before it is acknowledged."""
