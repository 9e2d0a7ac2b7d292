#!/usr/bin/env bash
# Sees to it that the browser tests find Chromium or Chrome, and the ChromeDriver of its version; says what
# it cannot install. Does nothing when both are there. tests/suites/browser/chromium.rs looks in the same
# places.
set -euo pipefail

# have VARIABLE PROGRAM…: whether the variable names a program, or one of these is there.
have() {
  [ -z "${!1:-}" ] || return 0
  shift
  for program in "$@"; do
    ! command -v "$program" >/dev/null || return 0
  done
  return 1
}

ready() {
  have CHROME chromium google-chrome chrome chromium-browser \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
    /Applications/Chromium.app/Contents/MacOS/Chromium \
    && have CHROMEDRIVER chromedriver /usr/lib/chromium/chromedriver /opt/homebrew/bin/chromedriver
}

ready && exit

# Ubuntu's packages of these names are snaps, which a container does not run.
if [ "$(id -u)" = 0 ] && grep -qs '^ID=debian$' /etc/os-release; then
  echo 'Installing what the browser tests need: apt-get install chromium chromium-driver…'
  apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    chromium chromium-driver fonts-dejavu-core >/dev/null || true
  ready && exit
fi

cat >&2 <<'END'
The browser tests need Chromium or Chrome, and the ChromeDriver of the same version. Please install them:
  - Debian: apt-get install chromium chromium-driver
  - macOS:  brew install --cask google-chrome chromedriver
  - Ubuntu: chrome and chromedriver of https://googlechromelabs.github.io/chrome-for-testing
They are looked for in PATH; the variables CHROME and CHROMEDRIVER name them otherwise.
END
exit 1
