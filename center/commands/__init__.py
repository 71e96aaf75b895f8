"""Commands of `sandi-center`, one file per subject."""
