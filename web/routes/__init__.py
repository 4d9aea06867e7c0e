"""The routes, one module for each area; a route asks, the modules beside this folder answer."""

from fastapi import APIRouter

from web.routes import games, models, play, stats, training, watching

ROUTERS: list[APIRouter] = [
    module.router for module in (games, models, play, stats, training, watching)
]
"""In no order that matters: no two have a path in common."""
