"""Updates as the unprivileged agent sees them: fetching a bundle, wishing for it, and reading what became of it."""
