"""Open311 GeoReport v2: how other systems hand over what citizens told them, and ask what became of it.

The standard: https://wiki.open311.org/GeoReport_v2 (six methods, JSON and XML), and its discovery document.
docs/open311.md says where this centre is stricter than the standard, and why.
"""
