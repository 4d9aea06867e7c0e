"""The routes, one module for each area; a route asks, the modules beside this folder answer."""

from fastapi import APIRouter

from web.routes import games, history, models, play, review, solve, stats, training, watching

ROUTERS: list[APIRouter] = [
    module.router
    for module in (games, history, models, play, review, solve, stats, training, watching)
]
"""In no order that matters: no two have a path in common."""
