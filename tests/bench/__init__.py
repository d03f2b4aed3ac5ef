"""Measurements; each module is runnable, as `python -m tests.bench.writes`."""
