"""Strict reading of configuration: mappings into frozen dataclasses, with every mistake named at once."""
