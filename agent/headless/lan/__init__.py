"""The read-only status page on the site's own network: a small process of its own, standard library only."""
