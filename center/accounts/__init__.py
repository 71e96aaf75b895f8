"""Accounts of the people who work with the centre, and their roles."""
