"""Print this machine's pip settings as shell exports for uv, which knows neither pip.conf nor PIP_*."""

import ast
import os
import shlex
import subprocess
import sys

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}
SECTIONS = ("global", "install", ":env:")  # the later wins, as in pip


def pip_settings(listing: str) -> dict[str, str]:
    """Return pip's settings by name from the text of `pip config list`, each from the section that wins."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found:
            found[section][name] = str(ast.literal_eval(value))
    return {name: value for section in SECTIONS for name, value in found[section].items()}


def uv_settings(pip: dict[str, str]) -> dict[str, str]:
    """Return the uv environment variables that say the same; lists are split on blanks as pip splits them."""
    settings = {}
    for name, value in pip.items():
        if uv_name := UV_NAMES.get(name):
            separator = "," if uv_name == "UV_FIND_LINKS" else " "
            settings[uv_name] = separator.join(value.split())
    if "UV_INDEX" in settings:
        # pip looks in every index for the best match; every file is held against the lock's hashes anyway.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return settings


def main() -> None:
    """Print one `export NAME=value` a line; what the user has set for uv itself is left alone."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for name, value in uv_settings(pip_settings(listing)).items():
        if value and name not in os.environ:
            print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
