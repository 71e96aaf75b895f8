"""The scenes of the wall: one file and one line in `table` each, with a template and a script of the same name."""
