"""Runs that go: to the trash, without their large files, half-deleted by a killed process."""
