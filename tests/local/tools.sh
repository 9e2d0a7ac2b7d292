#!/usr/bin/env bash
# Installs what `make` needs into the project's own folder, .tools, and says what it cannot install.
# Does nothing when everything is there. `tools.sh package` adds what building for AWS needs.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
for program in cargo rustc; do
  command -v "$program" >/dev/null || missing+=("the Rust toolchain, from https://rustup.rs")
done
command -v cc >/dev/null \
  || missing+=("a C compiler: apt-get install build-essential, or xcode-select --install")
python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
  if command -v "$candidate" >/dev/null \
    && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  missing+=("Python 3.10 or newer: apt-get install python3 python3-venv, or brew install python")
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  missing+=("Python's venv: apt-get install python3-venv")
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "Please install:" >&2
  printf '  - %s\n' "${missing[@]}" | sort -u >&2
  exit 1
fi

# install NAME REQUIREMENTS: unless exactly these are installed already.
install() {
  local stamp=".tools/$1.installed"
  if [ -x .tools/venv/bin/python3 ] && cat "$2" tests/conformance/requirements.txt | cmp -s - "$stamp"; then
    return
  fi
  echo "Installing $1 tools into .tools (once; a few hundred megabytes)…"
  local started=$SECONDS
  [ -x .tools/venv/bin/python3 ] || "$python" -m venv --clear .tools/venv
  .tools/venv/bin/python3 -m pip install --quiet --disable-pip-version-check -r "$2"
  if [ "$1" = basic ]; then
    # Without its dependencies: it pins a botocore that the SAM CLI refuses, and works with the SAM
    # CLI's own. What else it needs stands in requirements.txt.
    .tools/venv/bin/python3 -m pip install --quiet --disable-pip-version-check --no-deps \
      "$(sed -n 's/^# no-deps: //p' "$2")"
  fi
  cat "$2" tests/conformance/requirements.txt >"$stamp"
  echo "Installed $1 tools ($((SECONDS - started)) s)."
}

install basic tests/local/requirements.txt
if [ "${1:-}" = package ]; then
  install package tests/local/requirements-package.txt
fi
