"""Health of the box: what psutil and the board itself say."""
