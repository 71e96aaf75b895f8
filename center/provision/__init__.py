"""What goes onto a node's card: rendered from `firmware_configs`, judged before anybody carries it anywhere."""
