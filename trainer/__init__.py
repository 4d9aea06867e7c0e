"""Learns from the replay and publishes models; the only package that needs torch."""
