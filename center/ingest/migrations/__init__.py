"""Schema history of `center.ingest`."""
