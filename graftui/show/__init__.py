"""What both fronts draw with: words and glyphs, numbers with units, charts, tables."""
