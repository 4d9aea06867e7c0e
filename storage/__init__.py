"""All that one process writes and another reads: games, models, stats, heartbeats, control, lock.

Every border between two processes is a file in the run's folder; storage/layout.py spells them.
"""
