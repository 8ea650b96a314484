#!/bin/sh
# Writes src/man/hookctrl.8 and src/man/config.json.5 anew, from the templates beside them, the program's own help and
# config.schema.json.
set -eu
cd "$(dirname "$0")/.."
HOOKAOT_ACCEPT=1 dotnet run --project tests/HookAot.Tests -c Release -- --treenode-filter '/*/*/ManPageTests/They*'
