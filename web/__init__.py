"""Serves the page, answers moves and shows the run. Never imports the trainer or torch."""
