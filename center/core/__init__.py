"""Pure rules of the centre: values and `now` in, decisions out; no I/O, no clock."""
