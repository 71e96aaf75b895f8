"""Views of the centre's pages, one module per subject."""
