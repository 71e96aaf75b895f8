"""Schema history of `center.complaints`."""
