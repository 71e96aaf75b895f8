"""Connectivity: node states, health reports and the clocks of boots."""
