"""What several tests look for in an answer."""

from typing import Any


def without_clock(played: dict[str, Any]) -> dict[str, Any]:
    for thought in played["thoughts"]:
        del thought["milliseconds"]
    return played


def check_sentence(body: dict[str, object]) -> None:
    assert list(body) == ["detail"]
    detail = body["detail"]
    assert isinstance(detail, str) and detail and "\n" not in detail and len(detail) <= 501
