"""The IRIs that the code uses. `ontology/kg.ttl` declares ours; a test holds all of them against it."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
SCHEMA = "https://schema.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"

VOID = "http://rdfs.org/ns/void#"
SD = "http://www.w3.org/ns/sparql-service-description#"
DCAT = "http://www.w3.org/ns/dcat#"

ONTOLOGY = "https://w3id.org/kgservice/ns"
"""The ontology, and the named graph that holds it in every replica."""

KG = f"{ONTOLOGY}#"
"""Our vocabulary. A constant, unlike the base IRI of a glossary."""

PREFIXES = {
    "kg": KG,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "prov": PROV,
    "schema": SCHEMA,
    "xsd": XSD,
    "void": VOID,
    "sd": SD,
    "dcat": DCAT,
}
