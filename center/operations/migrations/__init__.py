"""Schema history of `center.operations`."""
