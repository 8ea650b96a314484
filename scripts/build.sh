#!/bin/sh
# Builds the static Native AOT binary: scripts/build.sh [linux-x64|linux-arm64] -> artifacts/<rid>/hookaot
# SOURCE=REVISION names what it is built from, for "hookaot version"; without it, git is asked.
set -eu
cd "$(dirname "$0")/.."

rid=${1:-linux-x64}
case $rid in
  linux-x64) packages="clang lld zlib1g-dev" ;;
  linux-arm64) packages="clang lld zlib1g-dev libc6-dev-arm64-cross libgcc-12-dev-arm64-cross binutils-aarch64-linux-gnu" ;;
  *) echo "build.sh: unknown runtime identifier '$rid'; expected linux-x64 or linux-arm64" >&2; exit 2 ;;
esac
# shellcheck disable=SC2086 # a list of package names
scripts/install-packages.sh $packages

# Changed link properties alone do not relink: what is in obj may be from another set of them.
rm -rf "artifacts/$rid" "src/HookAot/obj/Release/net10.0/$rid" "src/HookAot/bin/Release/net10.0/$rid"
dotnet publish src/HookAot -c Release -r "$rid" -o "artifacts/$rid" -p:SourceRevisionId="${SOURCE:-$(scripts/revision.sh)}" --nologo -v quiet
size=$(stat -c %s "artifacts/$rid/hookaot")
[ "$size" -le 8388608 ] || { echo "build.sh: artifacts/$rid/hookaot has $size bytes, more than 8 MB" >&2; exit 1; }
echo "artifacts/$rid/hookaot: $size bytes"
