"""What continual learning needs beside single fine-tunings."""
