#!/bin/sh
# Prints the revision of this checkout, such as 3c1e153b2a01 or 3c1e153b2a01-dirty; nothing where there is none.
cd "$(dirname "$0")/.." || exit 1
[ -e .git ] || exit 0
# A fixed number of digits: git's own choice depends on how much of the history the clone has.
git describe --always --exclude='*' --abbrev=12 --dirty || echo "revision.sh: git does not say which revision this is" >&2
