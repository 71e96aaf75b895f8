"""The kiosk's screen: a web server of its own on 127.0.0.1 that knows the intake socket and nothing else."""
