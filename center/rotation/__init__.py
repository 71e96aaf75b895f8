"""Changing the city's certificate authority: where every box stands, and the steps with their checks."""
