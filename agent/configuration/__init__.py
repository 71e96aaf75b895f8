"""Strict reading of configuration: mappings into frozen settings, with every mistake named at once."""
