#!/usr/bin/env bash
# Make sure of a Chromium for the browser tests; Playwright drives the system's, it downloads none.
set -euo pipefail

for name in chromium chromium-browser google-chrome google-chrome-stable; do
  command -v "$name" >/dev/null && exit 0
done
"$(dirname "$0")/apt_install.sh" chromium
