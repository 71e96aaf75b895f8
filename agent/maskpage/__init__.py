"""The page on which a technician draws a camera's privacy mask: served for as long as `sandi camera mask` runs."""
