"""The version of this agent. A constant: asking the installed metadata would load the e-mail parser into the daemon."""

VERSION = "0.1.0"
