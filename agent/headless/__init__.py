"""A box without a screen that must still be read: the activity LED, and a status page for who stands beside it."""
