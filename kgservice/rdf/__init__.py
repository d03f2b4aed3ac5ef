"""Terms as RDF: the vocabulary, the canonical text of triples, and the mapping both ways."""
