"""Plays games: self-play for the learner, matches for the yardstick."""
