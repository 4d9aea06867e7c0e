"""Rules, search, evaluation and exact play. Touches no file of a run, imports nothing of ours."""
