#!/usr/bin/env bash
# Install Debian packages, through sudo where needed; says what to do where that is not possible.
set -euo pipefail

fail() { printf '%s\n' "$1（$2）。" "Please install $2 with this system's package manager, then try again." >&2; exit 1; }
command -v apt-get >/dev/null || fail "本机没有 apt-get，请用系统自带的方式安装软件包后重试" "$*"
as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail "安装软件包需要 root 或 sudo 权限，请管理员安装后重试" "$*"
  as_root=(sudo)
fi

echo "Installing with apt: $*"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }
# A third-party source that does not answer need not matter: whether the package comes decides.
apt update || echo "apt-get update reported errors; going on" >&2
apt install -y --no-install-recommends "$@" >/dev/null || fail "软件包安装失败，请查看上面的信息" "$*"
