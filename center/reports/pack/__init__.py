"""The evidence pack: what a provider gets of its month, and the script with which it checks that offline."""
