"""What can be done with runs, on whatever screen they are seen.

Each verb asks first where something is lost, then starts a job; what came of it is told by the
application. Owns the questions' words. Knows no widget.
"""
