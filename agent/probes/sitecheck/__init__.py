"""The work of the site probe: fetching politely, remembering, judging. Loaded by boxes that watch sites only."""
