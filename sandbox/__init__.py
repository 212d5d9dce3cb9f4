"""A DataConnect look-alike on loopback, for tests and demonstrations."""
