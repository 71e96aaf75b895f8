"""Panels, scanners and a receipt printer on serial lines, in a process of their own that talks to the intake socket."""
