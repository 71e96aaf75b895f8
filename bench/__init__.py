"""Benchmarks: what Sandi costs, measured on real parts. Never part of the tests; see bench/README.md."""
