"""Who is told of an incident, how, and whether it was delivered."""
