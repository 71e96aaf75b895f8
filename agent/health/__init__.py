"""Health of the box: what the kernel and the board itself say."""
