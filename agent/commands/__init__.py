"""Remote commands: one file each and one line in `table`; `runner` takes, judges and runs them."""
