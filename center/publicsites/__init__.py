"""The city's public web sites, as the nodes see them from where they stand."""
