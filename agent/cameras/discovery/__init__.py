"""Which cameras are near: on the network (WS-Discovery), on a USB port, on the board's own camera connector."""
