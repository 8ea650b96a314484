#!/bin/sh
# Builds what a release consists of into dist/: the binaries for both architectures, install.sh and what it installs,
# an SBOM, SHA256SUMS. Dockerfile.build runs it in a container.
set -eu
cd "$(dirname "$0")/.."
umask 022
export CI=true # packages exactly as the lock file has them
rm -rf dist && mkdir dist
for rid in linux-x64 linux-arm64; do
  scripts/build.sh "$rid"
  cp "artifacts/$rid/hookaot" "dist/hookaot-$rid"
done
scripts/sbom.sh >dist/hookaot.cdx.json
mkdir dist/man dist/service
cp src/man/*.[58] dist/man
cp src/service/* dist/service
cp install.sh src/config.schema.json dist
cd dist
sha256sum hookaot-linux-* hookaot.cdx.json install.sh config.schema.json man/* service/* >SHA256SUMS
cat SHA256SUMS
