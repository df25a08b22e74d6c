"""Results as text for other programs and papers: CSV, JSON, Markdown, LaTeX, Parquet."""
