#!/usr/bin/env bash
# Build `.venv` from requirements.lock and install the project into it; does nothing when both are unchanged.
set -euo pipefail
cd -P "$(dirname "$0")/.."

python=${PYTHON:-python3}
venv=$PWD/.venv
stamp=$venv/.setup-stamp

fail() { printf '%s\n' "$@" >&2; exit 1; }
# The path is part of the key: a virtual environment does not survive a move of its checkout.
key() { { pwd -P; "$venv/bin/python" -V; cat requirements.lock pyproject.toml scripts/setup.sh; } 2>&1 | sha256sum; }
is_current() { [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(key)" ]; }
is_usable() { "$venv/bin/python" -m pip --version >/dev/null 2>&1 && head -n 2 "$venv/bin/pip" | grep -qF "$venv/"; }
# One package of the lock with its hashes, as pip reads it.
locked() { awk -v name="$1==" 'index($0, name) == 1 { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock; }

is_current && exit 0

# Two targets started at once wait for each other instead of writing the same environment.
if command -v flock >/dev/null; then exec 9<requirements.lock && flock 9; fi
is_current && exit 0

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail \
  "需要 Python 3.11 或更高版本；请安装后以 make PYTHON=路径 指明。" \
  "Python 3.11 or later is needed: install it and name it with make PYTHON=path."

# Nothing is left behind in the home directory: caches live, and die, with the environment.
export PIP_CACHE_DIR=${PIP_CACHE_DIR:-$venv/.cache/pip} UV_CACHE_DIR=${UV_CACHE_DIR:-$venv/.cache/uv}
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX

if ! is_usable; then
  # Debian ships the venv module without the pip it needs.
  "$python" -c 'import ensurepip' 2>/dev/null || scripts/apt_install.sh python3-venv
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi

echo "Setting up .venv from requirements.lock"
[ -n "$(locked uv)" ] || fail "requirements.lock 未锁定 uv；requirements.lock does not pin uv: write it with scripts/lock.sh."
"$venv/bin/python" -m pip install --quiet --require-hashes --no-deps -r <(locked uv)
settings=$("$venv/bin/python" scripts/uv_settings.py)
eval "$settings"
# Compiled at once: a first import under `filterwarnings = error` must not meet a compiler's warning.
"$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode requirements.lock
# The build backend comes from the lock too, hence no isolation.
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
key >"$stamp"
