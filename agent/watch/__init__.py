"""The live screen of `sandi watch`: where its facts come from, what it remembers, how it is drawn."""
