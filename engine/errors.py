"""Every error that a user can meet. One line each: the cause, the value, the remedy.

Entry points print the message without a traceback and exit with `exit_code`.
"""

from __future__ import annotations


class CartridgeError(Exception):
    """A failure with a cause that the message names."""

    exit_code = 1


class ConfigError(CartridgeError):
    """A setting, a flag or a game's name is wrong; nothing was started."""

    exit_code = 2


class UnknownGame(ConfigError):
    """No file in engine/games defines that game."""


class IllegalAction(CartridgeError):
    """An action that the rules do not allow in that state."""


class FinishedGame(CartridgeError):
    """A search or a move was asked for in a position that is already over."""


class EvaluationError(CartridgeError):
    """A network returned numbers that no search can use."""


class ModelError(CartridgeError):
    """A model file that is damaged, or that belongs to another game or rules version."""


class StorageError(CartridgeError):
    """A database or a folder that cannot be read or written."""


class BusyError(CartridgeError):
    """Another process already holds what may have one owner only."""


class OutOfReach(CartridgeError):
    """A position that exact play cannot settle within its limits."""


class ImpossibleState(CartridgeError):
    """A state that no game can reach; it has no result to look for."""
