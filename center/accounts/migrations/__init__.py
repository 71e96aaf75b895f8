"""Database history of center.accounts."""
