# shellcheck shell=bash
# For the test scripts, which source it: check NAME COMMAND... counts and says how the command ended, total says the
# sum.
# shellcheck disable=SC2034 # they count others' tests in too
passed=0 failed=0
check() { # the output of what failed is shown, at most 40 lines of it
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok    $name"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n%s\n' "$name" "$(tail -40 <<<"$output")"
  fi
}
total() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
