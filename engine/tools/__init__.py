"""Small answers that need the engine: graftui asks for them in a process of their own."""
