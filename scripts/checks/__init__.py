"""The parts of scripts/check, one subject per module. Each has check(root, files, report)."""
