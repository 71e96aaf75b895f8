"""Database history of center.sites."""
