#!/bin/sh
# Installs the Debian packages named as arguments where they are missing; says which, when it may not.
set -eu
missing=
for package; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "missing Debian packages, install them with: sudo apt-get install$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of package names
install() { apt-get install -qy --no-install-recommends $missing >/dev/null; }
install 2>/dev/null || { apt-get update -q >/dev/null && install; }
