"""Remote commands, one file each; none is accepted yet."""
