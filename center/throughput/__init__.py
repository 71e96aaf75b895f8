"""The endpoint for line tests: nodes download and upload here, within limits, to learn what their line can."""
