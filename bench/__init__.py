"""The benchmark: dataconnect_fdw beside what a user would pick instead."""
