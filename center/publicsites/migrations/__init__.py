"""Migrations of `center.publicsites`."""
