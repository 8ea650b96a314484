#!/bin/bash
# Builds Dockerfile.build with buildah, which needs no engine, into artifacts/container/dist, and checks what comes out. The base image is
# made here: a minimal Debian 12 (kept in artifacts/container for the next time), and this machine's SDK. NUGET_CONFIG=FILE is passed on as the secret.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

[ "$(id -u)" -eq 0 ] || { echo "verify-container-build.sh: needs root, for debootstrap and chroot" >&2; exit 2; }
scripts/install-packages.sh buildah debootstrap ca-certificates jq || exit 1
here=$PWD/artifacts/container image=localhost/hookaot-sdk
mkdir -p "$here"
passed=0 failed=0
check() { # NAME COMMAND...
  local name=$1 output; shift
  if output=$("$@" 2>&1); then passed=$((passed + 1)); echo "ok    $name"
  else failed=$((failed + 1)); printf 'FAIL  %s\n%s\n' "$name" "$output"; fi
}

# Images and containers are in a folder of their own, and gone at the end.
storage=$(mktemp -d /var/tmp/hookaot-buildah.XXXXXX)
buildah() { command buildah --root "$storage/root" --runroot "$storage/run" "$@"; }
clean() {
  buildah rm --all >/dev/null 2>&1
  umount "$storage"/root/overlay >/dev/null 2>&1 # the driver mounts it on itself
  rm -rf --one-file-system "$storage"
}
trap clean EXIT

# What the SDK itself needs, and the certificates that this machine trusts. Security updates as well, as on any machine that is kept up.
debian() {
  local root
  [ ! -e "$here/debian.tar" ] || return 0
  root=$storage/debian
  debootstrap --variant=minbase --include=ca-certificates,libicu72,libssl3,libstdc++6 bookworm "$root" http://deb.debian.org/debian &&
    printf 'deb http://deb.debian.org/%s main\n' 'debian bookworm' 'debian bookworm-updates' 'debian-security bookworm-security' >"$root/etc/apt/sources.list" &&
    chroot "$root" apt-get update -q && chroot "$root" apt-get upgrade -qy && chroot "$root" apt-get clean &&
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs" &&
    ln -s /usr/share/dotnet/dotnet "$root/usr/bin/dotnet" &&
    tar -C "$root" -cf "$here/debian.tar.part" . && rm -rf "$root" && mv "$here/debian.tar.part" "$here/debian.tar"
}
base() {
  local container
  container=$(buildah from scratch) && buildah add -q "$container" "$here/debian.tar" / && buildah commit -q --rm "$container" "$image"
}
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
# The SDK's folder is mounted, not copied: 600 MB. chroot: no runc, no cgroups; it works inside a container as well.
build() {
  rm -rf "$here/dist"
  buildah bud -f Dockerfile.build --isolation chroot --network=host --volume "$sdk:/usr/share/dotnet:ro" \
    --build-arg SDK_IMAGE="$image" --build-arg SOURCE="$(scripts/revision.sh)" \
    ${NUGET_CONFIG:+--secret "id=nugetconfig,src=$NUGET_CONFIG"} -o "$here/dist" .
}

check "the base image" debian
check "the base image is imported" base
check "Dockerfile.build builds" build
cd "$here/dist" 2>/dev/null || mkdir -p "$here/dist" && cd "$here/dist" || exit 1

files() { diff <(printf '%s\n' SHA256SUMS hookaot-linux-arm64 hookaot-linux-x64 hookaot.cdx.json) <(LC_ALL=C ls -A); }
check "these files and no others" files
sums() { [ "$(wc -l <SHA256SUMS)" -eq 3 ] && sha256sum --check --strict SHA256SUMS; }
check "SHA256SUMS" sums
machine() { [ "$(od -An -tx2 -j18 -N2 "$1" | tr -d ' ')" = "$2" ]; } # e_machine of an ELF header
check "linux-x64 is x86-64" machine hookaot-linux-x64 003e
check "linux-arm64 is AArch64" machine hookaot-linux-arm64 00b7
check "linux-x64 runs" ./hookaot-linux-x64 version
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
