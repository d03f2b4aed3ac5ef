"""Neighbourhoods as text and pictures: pure functions."""
