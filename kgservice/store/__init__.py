"""The log, its mirror in SQL, and the copies of the graph that answer queries. Only this package commits."""
