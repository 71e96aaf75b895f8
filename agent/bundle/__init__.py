"""One redacted archive for support: what goes in is named piece by piece; nothing else of the box is looked at."""
