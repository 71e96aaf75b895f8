"""The rungs of the ladder, from the inside out: what each looks at, and what it concludes."""
