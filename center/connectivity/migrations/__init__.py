"""Schema history of `center.connectivity`."""
