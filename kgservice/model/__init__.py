"""Terms, languages and their rules in plain Python."""
