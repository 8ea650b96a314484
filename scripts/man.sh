#!/bin/sh
# Writes the man pages in src/man anew, from the templates beside them, the program's own help and
# config.schema.json.
set -eu
cd "$(dirname "$0")/.."
HOOKAOT_ACCEPT=1 dotnet run --project tests/HookAot.Tests -c Release -- --treenode-filter '/*/*/ManPageTests/They*'
