"""What a card of evidence needs beside the graft: its control runs, as parts of the recipe."""
