"""Fixtures and options for every test: Hypothesis without deadlines (two busy cores), and a repeatable run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "sandi",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    max_examples=100,
)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("sandi")
