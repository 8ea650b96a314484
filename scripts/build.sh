#!/bin/sh
# Builds the static Native AOT binary: scripts/build.sh [linux-x64|linux-arm64] -> artifacts/<rid>/hookaot
# What it was built from is in 'hookaot version': SOURCE, else git's name for the working tree.
set -eu
cd "$(dirname "$0")/.."

rid=${1:-linux-x64}
case $rid in
  linux-x64) packages="clang lld zlib1g-dev" ;;
  linux-arm64)
    # clang takes the newest gcc that it finds; the one of the distribution has its libraries for arm64 too.
    # shellcheck source=/dev/null
    case $(. /etc/os-release && echo "${VERSION_CODENAME:-}") in bookworm) gcc=12 ;; noble) gcc=13 ;; *) gcc=14 ;; esac
    packages="clang lld zlib1g-dev libc6-dev-arm64-cross libgcc-$gcc-dev-arm64-cross binutils-aarch64-linux-gnu" ;;
  *) echo "build.sh: unknown runtime identifier '$rid'; expected linux-x64 or linux-arm64" >&2; exit 2 ;;
esac
# shellcheck disable=SC2086 # a list of package names
scripts/install-packages.sh $packages

# Changed link properties alone do not relink: what is in obj may be from another set of them.
rm -rf "artifacts/$rid" "src/HookAot/obj/Release/net10.0/$rid" "src/HookAot/bin/Release/net10.0/$rid"
source=${SOURCE:-$(git describe --always --exclude='*' --dirty --abbrev=12 2>/dev/null || echo unknown)}
dotnet publish src/HookAot -c Release -r "$rid" -o "artifacts/$rid" --nologo -v quiet -p:SourceRevisionId="$source"
size=$(stat -c %s "artifacts/$rid/hookaot")
[ "$size" -le 8388608 ] || { echo "build.sh: artifacts/$rid/hookaot has $size bytes, more than 8 MB" >&2; exit 1; }
echo "artifacts/$rid/hookaot: $size bytes"
