"""What scripts/docs makes the documentation site of: its pages, the reference, links, and the look in a browser."""
