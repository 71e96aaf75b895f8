# Thin names over scripts/, which work alone where make is missing. Arguments: make test ARGS="-k outbox".
.PHONY: help run check test test-full chaos bench lock deb release
ARGS ?=

help:
	@echo "make run        the whole of Sandi on this machine (Ctrl-C stops it)"
	@echo "make check      format, lint, types, import rules, schema drift"
	@echo "make test       the short suite (a quarter of an hour on 2 cores)"
	@echo "make test-full  the long suite (PostgreSQL, booted systemd; as root)"
	@echo "make chaos      the torture suite"
	@echo "make bench      benchmarks"
	@echo "make deb        the Debian packages of the box, in dist/ARCH"
	@echo "make release    a release bundle for boxes, to be signed offline, in dist/release"
	@echo "make lock       resolve the dependencies again"

run check test test-full chaos bench lock deb:
	@scripts/$@ $(ARGS)
