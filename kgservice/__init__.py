"""kgservice: a knowledge-graph API service for multilingual technical terms."""

__version__ = "0.1.0"
