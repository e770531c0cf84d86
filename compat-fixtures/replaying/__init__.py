"""Recordings: reading and writing them, replaying them, comparing what comes back."""
