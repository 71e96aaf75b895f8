"""Schema history of `center.cctv`."""
