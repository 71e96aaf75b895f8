"""The contract between node and centre: topics, messages, codec and verdict codes. Imports neither side."""

PROTOCOL_VERSION = 1
