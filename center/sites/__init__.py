"""Sites of the city and the nodes that stand in them."""
