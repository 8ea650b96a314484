#!/bin/bash
# Prints the bill of materials (CycloneDX 1.6, JSON) of the binaries in dist/, which were built here last: the NuGet
# packages that the restore brought, the runtime among them, and the distribution's packages of what the linker's maps
# name (glibc, libgcc) and of the linker itself.
# Scope "required": something of it is in a binary; "excluded": it only takes part in the build.
set -euo pipefail
export LC_ALL=C # one order of everything, everywhere
cd "$(dirname "$0")/.."
scripts/install-packages.sh jq >&2

objects=src/HookAot/obj
maps=("$objects"/Release/net10.0/linux-{x64,arm64}/native/hookaot.map)
references=("$objects"/Release/net10.0/linux-{x64,arm64}/native/hookaot.ilc.rsp)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@"; } # TYPE NAME VERSION HASH LICENSE SCOPE

# ---- files that the compiler and the linker took

packages=$(jq -r .project.restore.packagesPath "$objects/project.assets.json")
grep -hoE ' /[^ (:]+\.(a|o)\b' "${maps[@]}" | cut -c 2- | grep -v "^$packages" | sort -u |
  xargs realpath >"$work/linked"
for tool in clang lld objcopy aarch64-linux-gnu-objcopy; do realpath "$(command -v $tool)"; done >"$work/tools"
{ grep -hoE "${packages}[^ (:]+" "${maps[@]}"; sed -n "s,^-r:\($packages\),\1,p" "${references[@]}"; } |
  cut -c $((${#packages} + 1))- | cut -d/ -f1,2 | sort -u >"$work/nuget-used" # id/version

# ---- NuGet: the hash is that of the .nupkg file

nuget() {
  local id version folder expression scope hash
  while IFS=/ read -r id version; do
    folder=$packages${id,,}/$version
    hash=$(base64 -d "$folder/${id,,}.$version.nupkg.sha512" | od -An -v -tx1 | tr -d ' \n')
    expression=$(sed -n 's,.*<license type="expression">\(.*\)</license>.*,\1,p' "$folder/${id,,}.nuspec")
    scope=excluded
    grep -qxF "${id,,}/$version" "$work/nuget-used" && scope=required
    row nuget "$id" "$version" "$hash" "$expression" $scope
  done
}
jq -r '(.libraries | to_entries[] | select(.value.type == "package").key),
       (.project.frameworks[].downloadDependencies[]? | "\(.name)/\(.version | split("[\\[, ]+"; "")[1])")' \
  "$objects/project.assets.json" | sort -u | nuget >"$work/rows"

# ---- Debian or Ubuntu: the hash is that of the .deb file

debian() { # SCOPE PACKAGE...
  local scope=$1 package version hash license; shift
  for package; do
    version=$(dpkg-query -W -f '${Version}' "$package")
    hash=$(apt-cache show "$package=$version" 2>/dev/null | sed -n 's/^SHA256: //p' | sort -u) ||
      echo "sbom.sh: apt does not know $package $version (any more), so its hash is left out;" \
        "apt-get update and upgrade help" >&2
    case $package in # what the libraries themselves are under; their copyright files also name tests and manuals
      libc6-*) license=LGPL-2.1-or-later ;;
      libgcc-*) license="GPL-3.0-or-later WITH GCC-exception-3.1" ;;
      *) license= ;;
    esac
    row deb "$package" "$version" "$hash" "$license" "$scope"
  done
}
xargs dpkg -S <"$work/linked" >"$work/linked-owners"
xargs dpkg -S <"$work/tools" >"$work/tools-owners"
owners() { cut -d: -f1 "$1" | sort -u; }
{
  # shellcheck disable=SC2046 # a list of package names
  debian required $(owners "$work/linked-owners")
  # shellcheck disable=SC2046
  debian excluded $(owners "$work/tools-owners")
} >>"$work/rows"

version=$(dist/hookaot-linux-x64 version)
date=$(sed -n 's:.*<ReleaseDate>\(.*\)</ReleaseDate>.*:\1:p' Directory.Build.props)
(cd dist && sha256sum hookaot-linux-*) >"$work/files"
# shellcheck disable=SC1091
distribution=$(. /etc/os-release && echo "$ID")

jq -Rn --arg version "${version#* }" --arg date "$date" --arg sdk "$(dotnet --version)" \
  --arg distribution "$distribution" --rawfile files "$work/files" '
  def purl: "pkg:" + (if .[0] == "deb" then "deb/" + $distribution else .[0] end) + "/" + .[1] + "@" + (.[2] | @uri);
  def file: { type: "file", name: .[1], hashes: [{ alg: "SHA-256", content: .[0] }] };
  def hash: { alg: (if .[0] == "nuget" then "SHA-512" else "SHA-256" end), content: .[3] };
  {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: "\($date)T00:00:00Z",
      component: {
        "bom-ref": "hookaot", type: "application", name: "hookaot", version: $version,
        licenses: [{ license: { id: "MIT" } }],
        components: [$files | splits("\n") | select(. != "") / "  " | file],
        properties: [{ name: "hookaot:dotnet-sdk", value: $sdk }]
      }
    },
    components: [inputs / "\t" | {
      "bom-ref": purl, type: "library", name: .[1], version: .[2], scope: .[5],
      hashes: (if .[3] == "" then [] else [hash] end),
      licenses: (if .[4] == "" then [] else [{ expression: .[4] }] end),
      purl: purl
    }]
  }' "$work/rows"
