"""One sweep as a matrix, or two side by side."""
