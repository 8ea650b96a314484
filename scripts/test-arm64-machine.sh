#!/bin/bash
# Runs the arm64 binary on a machine of its own, which qemu emulates with a Debian kernel: qemu-user, as of
# test-arm64.sh, knows no netlink of netfilter, so that there neither nft nor the watcher can be tried.
#
#   scripts/test-arm64-machine.sh
#
# On it run the demo, with real connections (scripts/demo.sh), and the watcher that is killed in a storm
# (scripts/test-watch.sh), with both backends. Takes artifacts/linux-arm64/hookaot; builds it if missing. As root. The
# machine's files are kept in artifacts/roots/arm64 from one run to the next. The last line is "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
scripts/install-packages.sh debootstrap qemu-system-arm kmod cpio || exit 1
. scripts/check.sh

suite=bookworm root=artifacts/roots/arm64 image=artifacts/roots/arm64.cpio console=artifacts/roots/arm64.console
moments=6

# What the scripts call, and a kernel. Packages are unpacked and not configured: that would take their own programs.
make_root() {
  [ ! -e $root.done ] || return 0
  mkdir -p artifacts/roots
  rm -rf $root
  debootstrap --foreign --arch=arm64 --variant=minbase \
    --include=linux-image-arm64,iptables,nftables,iproute2,procps,kmod,socat $suite $root >$root.log 2>&1 || return 1
  local package
  for package in "$root"/var/cache/apt/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C $root || return 1
  done
  for name in iptables ip6tables; do
    for tool in "" -save -restore; do ln -sf xtables-nft-multi $root/usr/sbin/$name$tool; done
  done
  ln -sf mawk $root/usr/bin/awk
  rm -f $root/proc # a link to the builder's
  mkdir -p $root/{proc,mnt,tmp,root}
  mv $root/boot/vmlinuz-* $root.kernel || return 1
  lighten
  depmod -b $root "$(ls $root/lib/modules)" || return 1
  touch $root.done
}

# All of it goes into memory: without what is never looked at, and with the modules of networks alone.
lighten() {
  local modules
  modules=$(echo $root/lib/modules/*/kernel)
  (cd $root && rm -rf boot debootstrap var/{cache,lib}/apt usr/share/{doc,man,locale,info,zoneinfo})
  find "$modules" -mindepth 1 -maxdepth 1 ! -name net ! -name lib ! -name crypto ! -name drivers ! -name fs \
    -exec rm -rf {} +
  find "$modules/fs" -mindepth 1 -maxdepth 1 ! -name overlayfs -exec rm -rf {} +
  find "$modules/drivers" -mindepth 1 -maxdepth 1 ! -name net -exec rm -rf {} +
  find "$modules/drivers/net" -mindepth 1 -maxdepth 1 ! -name 'veth*' -exec rm -rf {} +
}

# The scripts take the binary from where they have it on the machine that builds.
make_image() {
  rm -rf $root/hookaot
  mkdir -p $root/hookaot/artifacts/linux-x64 $root/hookaot/tests
  cp -r scripts $root/hookaot
  cp -r tests/lab $root/hookaot/tests
  cp artifacts/linux-arm64/hookaot $root/hookaot/artifacts/linux-x64/hookaot
  # Everything is installed.
  printf '#!/bin/sh\n' >$root/hookaot/scripts/install-packages.sh
  cat >$root/init <<INIT
#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
exec </dev/null >/dev/ttyAMA0 2>&1
cd /hookaot
uname -srm
nft --version
run() { echo "begin \$1"; "\${@:2}"; echo "end \$1 \$?"; }
run demo scripts/demo.sh
run iptables env BACKENDS=iptables scripts/test-watch.sh $moments
run nftables env BACKENDS=nftables scripts/test-watch.sh $moments
echo o >/proc/sysrq-trigger
sleep 60
INIT
  chmod 755 $root/init
  (cd $root && find . | cpio --quiet -o -H newc) >$image
}

run_machine() {
  timeout 900 qemu-system-aarch64 -machine virt -cpu cortex-a72 -smp 2 -m 2048 -nodefaults -display none \
    -serial stdio -no-reboot -kernel $root.kernel -initrd $image -append "console=ttyAMA0 quiet panic=-1" \
    </dev/null | tr -d '\r' >$console
  grep -q '^end nftables' $console
}

ended_well() { grep -qx "end $1 0" $console; }
moments_exact() { grep -q "^$moments of $moments moments exact" <(sed -n "/^begin $1/,/^end $1/p" $console); }

[ -x artifacts/linux-arm64/hookaot ] || scripts/build.sh linux-arm64 || exit 1
check "a Debian for arm64" make_root
check "its files in one" make_image
check "the machine runs, and ends" run_machine
check "it is arm64" grep -q "^Linux .* aarch64$" $console
check "the demo" ended_well demo
for backend in iptables nftables; do
  check "$backend: the watcher is killed $moments times" moments_exact $backend
done
[ "$failed" -eq 0 ] || cat $console

total
