"""How long each node could be reached: lives, contacts, outages with their causes, and seconds per day."""
