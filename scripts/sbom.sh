#!/bin/sh
# Prints a CycloneDX 1.5 SBOM of the binaries in dist/: every NuGet package of the lock file with its hash, and what is linked in of libc and gcc.
set -eu
cd "$(dirname "$0")/.."
scripts/install-packages.sh jq >&2

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
date=$(sed -n 's:.*<ReleaseDate>\(.*\)</ReleaseDate>.*:\1:p' Directory.Build.props)
hex() { base64 -d | od -An -v -tx1 | tr -d ' \n'; }

packages() { # name, version, SHA-512
  jq -r '[.dependencies[] | to_entries[] | {name: .key, version: .value.resolved, hash: .value.contentHash}] | unique_by(.name)[] | "\(.name) \(.version) \(.hash)"' src/HookAot/packages.lock.json |
    while read -r name number hash; do
      jq -n --arg name "$name" --arg version "$number" --arg hash "$(printf %s "$hash" | hex)" \
        '{type: "library", name: $name, version: $version, purl: "pkg:nuget/\($name)@\($version)", hashes: [{alg: "SHA-512", content: $hash}]}'
    done
}
linked() { # static libraries of the distribution
  distribution=$(sed -n 's/^ID=//p' /etc/os-release)
  dpkg-query -W -f '${Status}|${Package}|${Version}\n' libc6-dev 'libgcc-*-dev' libc6-dev-arm64-cross 'libgcc-*-dev-arm64-cross' 2>/dev/null | sed -n 's/^install ok installed|//p' |
    while IFS='|' read -r name number; do
      jq -n --arg name "$name" --arg version "$number" --arg distribution "$distribution" \
        '{type: "library", name: $name, version: $version, purl: "pkg:deb/\($distribution)/\($name)@\($version | @uri)"}'
    done
}
binaries() {
  for file in dist/hookaot-linux-*; do
    jq -n --arg name "${file##*/}" --arg hash "$(sha256sum "$file" | cut -d' ' -f1)" '{type: "file", name: $name, hashes: [{alg: "SHA-256", content: $hash}]}'
  done
}
{ packages; linked; binaries; } | jq -s --arg version "$version" --arg date "$date" '{
  bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
  metadata: {timestamp: "\($date)T00:00:00Z", component: {type: "application", name: "hookaot", version: $version, licenses: [{license: {id: "MIT"}}]}},
  components: .
}'
