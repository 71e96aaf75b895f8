"""Streams: opened leanly, read until a picture that needs no other, decoded by itself."""
