#!/usr/bin/env bash
# Runs every check and every test; its arguments go to pytest: ./scripts/test.sh -k connect4
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

./scripts/setup dev
PATH="$PWD/.venv/bin:$PATH"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [[ -z $browser && ${CI:-} == true && $EUID -eq 0 ]]; then
    echo "== chromium is missing: installing it for the tests of the page"
    { apt-get update -qq && apt-get install -y -qq chromium; } || echo "   that failed, they are skipped"
fi

failed=()
./scripts/check || failed+=("scripts/check")
echo "== pytest"
python -m pytest -n auto -rs "$@" || failed+=("pytest")
echo "== npm test"
npm test --silent --prefix frontend || failed+=("npm test")

if ((${#failed[@]})); then
    printf 'FAILED: %s\n' "${failed[@]}"
    exit 1
fi
echo "All checks and tests passed."
