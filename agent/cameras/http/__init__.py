"""HTTP cameras: addresses, logging in, and one picture within one clock."""
