#!/usr/bin/env bash
# Plays, learns and shows the page, all at once, until Ctrl-C:
#
#     ./scripts/start_training.sh [--game connect4] [--set section.key=value] [more flags]
#
# or runs one process alone: ./scripts/start_training.sh actor|trainer|referee|web [flags]
# Paths in flags are relative to this repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

./scripts/setup
case "${1:-}" in
actor | trainer | web)
    exec .venv/bin/python -m "$@"
    ;;
referee)
    exec .venv/bin/python -m actor "$@"
    ;;
*)
    exec .venv/bin/python scripts/supervise.py "$@"
    ;;
esac
