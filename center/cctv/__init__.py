"""CCTV: the pictures nodes send, with their provenance."""
