#!/bin/bash
# Runs Dockerfile.build with buildah, which needs no engine, on a base image made here of Debian and this machine's .NET SDK, and checks what
# comes out in artifacts/container. As root. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
scripts/install-packages.sh buildah debootstrap jq || exit 1
. scripts/check.sh
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
out=artifacts/container image=localhost/hookaot-sdk
source=$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)

base_image() { # as the official one: a distribution, and the SDK in /usr/share/dotnet
  buildah inspect --type image $image >/dev/null 2>&1 && return
  local root=artifacts/roots/sdk container
  rm -rf $root && mkdir -p artifacts/roots
  debootstrap --variant=minbase --include=ca-certificates,libssl3,jq bookworm $root || return 1
  mkdir -p $root/usr/share/dotnet && cp -a "$sdk/." $root/usr/share/dotnet && ln -s ../share/dotnet/dotnet $root/usr/bin/dotnet
  # This machine's package sources and the authorities that it trusts are what it can reach.
  cp -rL /etc/ssl/certs $root/etc/ssl/ && rm -rf $root/etc/apt && cp -rL /etc/apt $root/etc/
  container=$(buildah from scratch) && buildah copy -q "$container" $root / &&
    buildah config --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 --env NUGET_CERT_REVOCATION_MODE=offline --env DOTNET_NOLOGO=1 --env DOTNET_CLI_TELEMETRY_OPTOUT=1 "$container" &&
    buildah commit -q "$container" $image && buildah rm "$container" && rm -rf $root
}
build() {
  local secret=() container folder
  [ ! -f "$HOME/.nuget/NuGet/NuGet.Config" ] || secret=(--secret "id=nugetconfig,src=$HOME/.nuget/NuGet/NuGet.Config")
  buildah bud --network=host "${secret[@]}" --build-arg SDK_IMAGE=$image --build-arg SOURCE="$source" -f Dockerfile.build -t localhost/hookaot-release . || return 1
  # What "-o dist" does; this buildah has no -o.
  container=$(buildah from localhost/hookaot-release) && folder=$(buildah mount "$container") || return 1
  rm -rf $out && cp -r "$folder" $out
  buildah rm "$container" && buildah rmi localhost/hookaot-release
}
files() { [ "$(cd $out && echo *)" = "SHA256SUMS config.schema.json hookaot-linux-arm64 hookaot-linux-x64 hookaot.cdx.json install.sh man" ] || { ls $out; false; }; }
sums() { (cd $out && sha256sum --strict -c SHA256SUMS); }
says_source() { [ "$($out/hookaot-linux-x64 version)" = "hookaot $(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)+$source" ]; }
sbom() { # well-formed, complete, and about these files
  jq -e --slurpfile lock src/HookAot/packages.lock.json --arg x64 "$(sha256sum <$out/hookaot-linux-x64 | cut -d' ' -f1)" --arg arm64 "$(sha256sum <$out/hookaot-linux-arm64 | cut -d' ' -f1)" '
    def rule(what; ok): if ok then empty else what end; # what is not as it should be
    [ rule("the format"; .bomFormat == "CycloneDX" and .specVersion == "1.6" and .metadata.component.name == "hookaot"),
      rule("the binaries"; [.metadata.component.components[] | [.name, .hashes[0].content]] == [["hookaot-linux-arm64", $arm64], ["hookaot-linux-x64", $x64]]),
      rule("one of each"; [.components[]."bom-ref"] | length == (unique | length)),
      rule("all of packages.lock.json"; [$lock[0].dependencies[] | to_entries[] | "pkg:nuget/\(.key)@\(.value.resolved)"] - [.components[].purl] == []),
      rule("what is linked in of .NET, glibc and gcc";
        ["Microsoft.NETCore.App.Runtime.NativeAOT.linux-x64", "Microsoft.NETCore.App.Runtime.NativeAOT.linux-arm64",
         "libc6-dev", "libgcc-12-dev", "libc6-dev-arm64-cross", "libgcc-12-dev-arm64-cross"] - [.components[] | select(.scope == "required").name] == []),
      (.components[] | rule(.name; .type == "library" and .version != "" and (.scope | IN("required", "excluded"))
        and (.hashes | length) == 1 and (.hashes[0] | .alg as $alg | .content | test({"SHA-256": "^[0-9a-f]{64}$", "SHA-512": "^[0-9a-f]{128}$"}[$alg]))))
    ] | if . == [] then true else error(join(", ")) end' $out/hookaot.cdx.json
}

check "a base image" base_image
check "Dockerfile.build" build
check "it gives the binaries, install.sh with what it installs, sums and the SBOM" files
check "SHA256SUMS is right" sums
check "the binary says what it was built from" says_source
check "the SBOM names all that is in it" sbom
if [ "$(artifacts/linux-x64/hookaot version 2>/dev/null)" = "$("$out/hookaot-linux-x64" version)" ]; then
  check "the binary has the same bytes as the one that was built here" cmp "$out/hookaot-linux-x64" artifacts/linux-x64/hookaot
fi

total
