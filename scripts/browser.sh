#!/usr/bin/env bash
# Make sure of a Chromium, axe-core and an OpenID provider for the browser tests; Playwright drives the system's
# Chromium, it downloads none.
set -euo pipefail

cd -P "$(dirname "$0")/.."
# axe-core, for the tests of accessibility, and a real OpenID provider, for those of sign-in: the exact versions of
# package.json, without scripts and without a lock file, which would record where they were downloaded from.
command -v npm >/dev/null || scripts/apt_install.sh nodejs npm
if [ ! -f node_modules/axe-core/axe.min.js ] || [ ! -d node_modules/oidc-provider ]; then
  npm install --no-package-lock --ignore-scripts --no-audit --no-fund --silent
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit 0
done
scripts/apt_install.sh chromium
