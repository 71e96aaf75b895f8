"""From a frame to a picture that may leave the site: decoded, masked, measured, captioned, encoded. Worker only."""
