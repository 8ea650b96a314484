# shellcheck shell=sh
# What is not what SHA256SUMS says is not installed.
cp -r /release /tmp/other; printf x >>/tmp/other/hookaot-linux-x64
/tmp/other/install.sh 2>/tmp/said && fail "a wrong checksum was accepted"
grep -q "download it again" /tmp/said || fail "$(cat /tmp/said)"
echo >/tmp/other/SHA256SUMS
/tmp/other/install.sh 2>/tmp/said && fail "a missing checksum was accepted"
rm /tmp/other/SHA256SUMS /tmp/other/hookaot-linux-x64
/tmp/other/install.sh 2>/tmp/said && fail "installed nothing"
grep -q "download it" /tmp/said || fail "$(cat /tmp/said)"
rm -r /tmp/other /tmp/said
