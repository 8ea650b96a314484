#!/bin/bash
# Runs Dockerfile.build with buildah, which needs no engine, on a base image made here of Debian and this machine's .NET
# SDK, and checks what comes out in artifacts/container. As root. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
scripts/install-packages.sh buildah debootstrap jq || exit 1
. scripts/check.sh
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
out=artifacts/container image=localhost/hookaot-sdk debian=artifacts/roots/debian-12.tar
source=$(git describe --always --exclude='*' --dirty --abbrev=12 2>/dev/null || echo unknown)

# Images are kept apart from this machine's own, and are gone at the end. chroot and vfs work everywhere, in a container
# too.
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
storage=$(mktemp -d /var/tmp/hookaot.XXXXXX)
trap 'buildah rm --all >/dev/null; rm -rf --one-file-system "$storage"' EXIT
buildah() { command buildah --root "$storage/images" --runroot "$storage/run" "$@"; }

# Debian as it is kept up: the same glibc as this machine's, if that is up to date. Kept for the next time.
distribution() {
  [ ! -f $debian ] || return 0
  local root=$storage/debian mirror=http://deb.debian.org
  debootstrap --variant=minbase --include=ca-certificates,libssl3 bookworm "$root" $mirror/debian || return 1
  cat >"$root/etc/apt/sources.list" <<END
deb $mirror/debian bookworm main
deb $mirror/debian bookworm-updates main
deb $mirror/debian-security bookworm-security main
END
  ln -s ../share/dotnet/dotnet "$root/usr/bin/dotnet"
  chroot "$root" sh -ec 'apt-get update -q; apt-get upgrade -qy; apt-get clean' || return 1
  mkdir -p artifacts/roots && tar -cf $debian.part -C "$root" . && mv $debian.part $debian && rm -rf "$root"
}
base_image() { # with the authorities that this machine trusts: they are what it can reach
  local container variable environment=()
  for variable in DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 NUGET_CERT_REVOCATION_MODE=offline \
    DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1; do
    environment+=(--env "$variable")
  done
  container=$(buildah from scratch) &&
    buildah add -q "$container" $debian / &&
    buildah add -q "$container" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ &&
    buildah config "${environment[@]}" "$container" &&
    buildah commit -q --rm "$container" $image
}
build() { # the SDK is mounted where the official image has it: copying its 600 MB takes longer than building
  local secret=() nuget=$HOME/.nuget/NuGet/NuGet.Config
  [ ! -f "$nuget" ] || secret=(--secret "id=nugetconfig,src=$nuget")
  rm -rf $out
  buildah bud --network=host --volume "$sdk:/usr/share/dotnet:ro" "${secret[@]}" \
    --build-arg SDK_IMAGE=$image --build-arg SOURCE="$source" -f Dockerfile.build -o $out .
}
files() {
  local all="SHA256SUMS config.schema.json hookaot-linux-arm64 hookaot-linux-x64 hookaot.cdx.json install.sh"
  all="$all man service"
  [ "$(cd $out && echo *)" = "$all" ] && return
  ls $out
  return 1
}
sums() { (cd $out && sha256sum --strict -c SHA256SUMS); }
says_source() {
  local version
  version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
  [ "$($out/hookaot-linux-x64 version)" = "hookaot $version+$source" ]
}
sum() { sha256sum <"$1" | cut -d' ' -f1; }
sbom() { # well-formed, complete, and about these files
  jq -e --slurpfile lock src/HookAot/packages.lock.json \
    --arg x64 "$(sum $out/hookaot-linux-x64)" --arg arm64 "$(sum $out/hookaot-linux-arm64)" '
    def rule(what; ok): if ok then empty else what end; # what is not as it should be
    def binaries: [.metadata.component.components[] | [.name, .hashes[0].content]];
    def locked: [$lock[0].dependencies[] | to_entries[] | "pkg:nuget/\(.key)@\(.value.resolved)"];
    def required: [.components[] | select(.scope == "required").name];
    def linked_in: [
      "Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64", "Microsoft.NETCore.App.Runtime.NativeAOT.linux-arm64",
      "libc6-dev", "libgcc-12-dev", "libc6-dev-arm64-cross", "libgcc-12-dev-arm64-cross"];
    def form: {"SHA-256": "^[0-9a-f]{64}$", "SHA-512": "^[0-9a-f]{128}$"};
    def hashed: (.hashes | length) == 1 and (.hashes[0] | .alg as $alg | .content | test(form[$alg]));
    def complete: .type == "library" and .version != "" and (.scope | IN("required", "excluded")) and hashed;
    [ rule("the format"; .bomFormat == "CycloneDX" and .specVersion == "1.6" and .metadata.component.name == "hookaot"),
      rule("the binaries"; binaries == [["hookaot-linux-arm64", $arm64], ["hookaot-linux-x64", $x64]]),
      rule("one of each"; [.components[]."bom-ref"] | length == (unique | length)),
      rule("all of packages.lock.json"; locked - [.components[].purl] == []),
      rule("what is linked in of .NET, glibc and gcc"; linked_in - required == []),
      (.components[] | rule(.name; complete))
    ] | if . == [] then true else error(join(", ")) end' $out/hookaot.cdx.json
}

check "Debian 12" distribution
check "a base image" base_image
check "Dockerfile.build" build
check "it gives the binaries, install.sh with what it installs, sums and the SBOM" files
check "SHA256SUMS is right" sums
check "the binary says what it was built from" says_source
check "the SBOM names all that is in it" sbom
# Of the same source, and with the same libc linked in: this machine may be older than the container, which takes what
# Debian has now.
built_here=artifacts/linux-x64/hookaot
same_input() {
  [ "$($built_here version)" = "$("$out/hookaot-linux-x64" version)" ] &&
    jq -e --arg libc "$(dpkg-query -W -f '${Version}' libc6-dev)" \
      'any(.components[]; .name == "libc6-dev" and .version == $libc)' "$out/hookaot.cdx.json"
}
if same_input >/dev/null 2>&1; then
  check "the binary has the same bytes as the one that was built here" cmp "$out/hookaot-linux-x64" $built_here
fi

total
