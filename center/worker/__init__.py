"""The worker process: projects stored records into the tables people look at, and recomputes node states."""
