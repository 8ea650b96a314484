#!/bin/sh
# Builds a release: dist/hookaot-linux-x64, dist/hookaot-linux-arm64, dist/hookaot.cdx.json (the bill of materials), dist/SHA256SUMS
set -eu
cd "$(dirname "$0")/.."

export CI=true # exactly the packages of packages.lock.json
rm -rf dist
for rid in linux-x64 linux-arm64; do
  scripts/build.sh $rid
  install -D -m 755 "artifacts/$rid/hookaot" "dist/hookaot-$rid"
done
scripts/sbom.sh >dist/hookaot.cdx.json
cd dist
sha256sum hookaot* >SHA256SUMS
