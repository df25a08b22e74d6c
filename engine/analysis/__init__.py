"""What can be said of skills beside their scores: overlap, interference, calibration."""
