#!/bin/bash
# Builds the release twice on this machine, in two directories, as two users, under another umask, time zone and date,
# and compares the bytes, also with those of the container build if scripts/verify-container-build.sh has run. As root.
# The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
scripts/install-packages.sh faketime jq clang lld zlib1g-dev \
  libc6-dev-arm64-cross libgcc-12-dev-arm64-cross binutils-aarch64-linux-gnu || exit 1
. scripts/check.sh
work=$(mktemp -d)
user=hookaot-builder
trap 'userdel -r $user 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
SOURCE=$(git describe --always --exclude='*' --dirty --abbrev=12 2>/dev/null || echo unknown)
export SOURCE

copy() { # DIRECTORY: what git knows of, and what is new
  mkdir -p "$1" || return
  git ls-files -z --cached --others --exclude-standard |
    tar -c --null -T - --ignore-failed-read 2>/dev/null |
    tar -x -C "$1"
}
build_here() { copy "$work/a" && cd "$work/a" && scripts/release.sh; }
build_elsewhere() {
  local home=$work/b/home there=$work/b/another/place
  useradd -M -d "$home" -s /bin/bash $user && mkdir -p "$home/.nuget" && copy "$there" || return 1
  [ ! -d "$HOME/.nuget/NuGet" ] || cp -r "$HOME/.nuget/NuGet" "$home/.nuget/"
  chown -R $user: "$work/b"
  # Packages are fetched at the real time, which certificates are valid for.
  runuser -u $user -- env HOME="$home" TZ=Asia/Kolkata SOURCE="$SOURCE" bash -euc "
    umask 077; cd '$there'
    dotnet restore src/HookAot >/dev/null
    faketime -f '+400d' date
    faketime -f '+400d' scripts/release.sh"
}
same() { # FILE FILE: the offset and the section where they begin to differ, if they do
  cmp "$1" "$2" && return
  local first
  first=$(cmp -l "$1" "$2" | sed -n '1{s/^ *\([0-9]*\).*/\1/p;q}')
  [ -n "$first" ] || return 1 # one is longer
  readelf -SW "$1" 2>/dev/null | sed -n 's/^ *\[ *[0-9]*\] //p' | while read -r name _ _ offset size _; do
    [[ $offset$size =~ ^[0-9a-f]+$ ]] || continue
    ((first > 16#$offset && first <= 16#$offset + 16#$size)) && echo "the first difference is in section $name"
  done
  return 1
}

check "built here" build_here
check "built as another user, elsewhere, with another umask, time zone and date" build_elsewhere
version() { "$1/hookaot-linux-x64" version 2>/dev/null; }
[ "$(version artifacts/container)" = "$(version "$work/a/dist")" ] && container=yes || container=
[ "$container" ] ||
  echo "not compared with a container's: run scripts/verify-container-build.sh first, on this revision"
for file in hookaot-linux-x64 hookaot-linux-arm64 hookaot.cdx.json; do
  here=$work/a/dist/$file
  check "$file: the same bytes" same "$here" "$work/b/another/place/dist/$file"
  [ ! "$container" ] || check "$file: the same bytes in the container" same "$here" artifacts/container/$file
done
cat "$work/a/dist/SHA256SUMS"

total
