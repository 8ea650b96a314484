# shellcheck shell=sh
# A dry run changes nothing, and what is not understood neither.
/release/install.sh --dry-run
/release/install.sh --uninstall --purge --dry-run
code=0; /release/install.sh --no-such 2>/dev/null || code=$?
[ $code -eq 2 ] || fail "--no-such ends with $code"
code=0; /release/install.sh --purge 2>/dev/null || code=$?
[ $code -eq 2 ] || fail "--purge alone ends with $code"
