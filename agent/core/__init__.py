"""Pure decisions: takes `now`, values and events; returns decisions. No sockets, files, clock or logging."""
