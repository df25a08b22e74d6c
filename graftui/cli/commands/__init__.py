"""What the verbs do and print: a module a verb or family, imported when it is called.

The verbs themselves, with their options and help, are in the folder above: those must be light.
"""
