"""Exact play: the result of every legal action, or a plain refusal, never a guess."""
