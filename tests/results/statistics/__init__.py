"""The statistics of paired answers, against scipy and slow transcriptions."""
