#!/usr/bin/env bash
# Write requirements.lock: every dependency for every platform with its hashes, the build backend and uv included.
set -euo pipefail
cd -P "$(dirname "$0")/.."

settings=$(.venv/bin/python scripts/uv_settings.py)
eval "$settings"
# Only the main index: a local mirror's own builds have hashes that nobody else can match.
unset UV_INDEX UV_FIND_LINKS UV_INDEX_STRATEGY
# What setup.sh builds with: the backend, what it asks for in an editable install, and uv.
build_requires='import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")'
{ .venv/bin/python -c "$build_requires"; printf '%s\n' editables uv; } | .venv/bin/uv pip compile pyproject.toml - --group dev \
  --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
  --quiet --output-file requirements.lock "$@"
if grep -nE '(https?|file)://|--(extra-)?index-url|--find-links' requirements.lock; then
  echo "requirements.lock 中不得出现下载地址；requirements.lock must not name an address." >&2
  exit 1
fi
