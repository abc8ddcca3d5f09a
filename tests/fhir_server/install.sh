#!/usr/bin/env bash
# The real FHIR server of the tests, with its packages, into .venv/fhir-server; only when it changed. Needs Node 20 or newer with npm.
set -euo pipefail
cd "$(dirname "$0")"
place=../../.venv/fhir-server

major=$(node --version 2> /dev/null | sed 's/^v\([0-9]*\).*/\1/' || true)
if [ "${major:-0}" -lt 20 ] || ! command -v npm > /dev/null; then
    echo "!!! No Node 20 or newer with npm: the tests against a real FHIR server are NOT run." >&2
    [ "${CI:-}" != true ]
    exit
fi
mkdir -p "$place"
if ! cmp -s package.json "$place/package.json" || [ ! -d "$place/node_modules/express" ]; then
    echo "Installing the FHIR server of the tests (only when it changed) ..."
    cp package.json "$place/"
    (cd "$place" && npm install --no-package-lock --no-audit --no-fund --silent)
fi
cp server.mjs "$place/"
