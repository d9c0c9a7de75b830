"""The parts of scripts/check: what each runs, and what it came to."""
