#!/usr/bin/env bash
# Make sure of a Chromium and of axe-core for the browser tests; Playwright drives the system's, it downloads none.
set -euo pipefail

cd -P "$(dirname "$0")/.."
# axe-core, for the tests of accessibility: the exact version of package.json, without scripts and without a lock
# file, which would record where it was downloaded from.
if [ ! -f node_modules/axe-core/axe.min.js ] && command -v npm >/dev/null; then
  npm install --no-package-lock --ignore-scripts --no-audit --no-fund --silent
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit 0
done
scripts/apt_install.sh chromium
