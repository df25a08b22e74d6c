"""A card of evidence for one graft: what holds of it, by its control runs (docs/evidence.md)."""
