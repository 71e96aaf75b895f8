"""What everybody may see without an account: the status of one's own complaint, and how the city answers."""
