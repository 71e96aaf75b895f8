"""Migrations of the fleet's tables."""
