"""Months as they were published: frozen, signed, and what amended them."""
