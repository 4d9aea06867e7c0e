"""For tests that send signals to a process of their own."""

from __future__ import annotations

import signal


def heed_signals() -> None:
    """To run in a child before its program: heed what whoever runs the tests may have ignored.

    nohup ignores SIGHUP, a shell ignores SIGINT for what it runs in the background, and a child
    inherits both.
    """
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
