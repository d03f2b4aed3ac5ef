"""Tests of the seed glossary: its files, its completeness, what is told of broken ones."""
