from __future__ import annotations

import pytest

from engine.errors import StorageError
from storage.control import is_paused, set_paused
from storage.layout import RunPaths


def test_a_run_is_running_until_it_is_paused(paths: RunPaths) -> None:
    assert not is_paused(paths)
    for paused in (True, True, False, True):
        set_paused(paths, paused)
        assert is_paused(paths) is paused


@pytest.mark.parametrize("damaged", [b"", b"{}", b"[true]", b'{"paused": "no"}', b'{"paused": 1}'])
def test_a_damaged_switch_is_refused(paths: RunPaths, damaged: bytes) -> None:
    paths.control.write_bytes(damaged)
    with pytest.raises(StorageError, match=r"control\.json is damaged: .*; delete it to go on"):
        is_paused(paths)
