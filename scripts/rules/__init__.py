"""What scripts/rule knows: the headers, the source, the specification, the tests."""
