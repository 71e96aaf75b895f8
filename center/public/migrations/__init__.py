"""Schema history of `center.public`."""
