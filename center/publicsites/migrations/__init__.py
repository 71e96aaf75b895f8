"""Schema history of `center.publicsites`."""
