"""Template tags of the centre's pages."""
