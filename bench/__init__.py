"""The benchmark: dataconnect_fdw beside the alternatives."""
