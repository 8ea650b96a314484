# shellcheck shell=sh
# The release as it comes out of a download, where nothing is executable, and from where nothing may be executed.
mkdir /tmp/got; mount -t tmpfs -o noexec tmpfs /tmp/got
cp /release/install.sh /release/SHA256SUMS /release/hookaot-linux-x64 /tmp/got; chmod 644 /tmp/got/*
(cd /tmp && CDPATH=/tmp sh got/install.sh) || fail "not installed"
[ -x "$H/qemu" ] && hookctrl version || fail "not installed"
printf x >/tmp/got/hookaot-linux-x64; rm /tmp/got/SHA256SUMS
says "does not run on this machine" sh /tmp/got/install.sh || fail "does not say so"
hookctrl version || fail "what does not run was installed"
sh /tmp/got/install.sh --uninstall
umount /tmp/got; rmdir /tmp/got
