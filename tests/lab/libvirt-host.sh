#!/bin/bash
# A disposable virtualisation host: a real libvirt with a real VM, a real container and a real outside client, all
# inside network, mount, PID, UTS, IPC and cgroup namespaces. Needs root on Debian, not KVM.
#
#   LAB_HOME=DIRECTORY tests/lab/libvirt-host.sh FLAVOUR VERB [ARGUMENT...]
#
# FLAVOUR   bookworm  this machine's own libvirt (Debian 12: libvirt 9.0, iptables)
#           trixie    Debian 13: libvirt 11.3, iptables or nftables
#           testing   Debian testing: libvirt 12, iptables or nftables
#           The last two are made with debootstrap in $LAB_CACHE, /var/cache/hookaot-lab, where they are missing.
# LAB_HOME  an empty directory of your own (mktemp -d): all state is in there and in namespaces named after it
#
#   build                         install missing packages, build the chroot, the probe and the guest's initramfs;
#                                 `up` does it too
#   up [iptables|nftables]        the host from nothing, libvirt, the network `default` and the veth guest; no VM,
#                                 no hook
#   down                          end it all; only files below LAB_HOME stay
#   exec COMMAND...               run COMMAND on the host (its root file system, its namespaces)
#   client|vguest COMMAND...      run COMMAND of this machine in the network of the client / of the veth guest
#   guest ADDRESS SHELL-TEXT      run SHELL-TEXT inside the VM or container at 192.168.122.ADDRESS
#   vm NAME ADDRESS [dhcp]        define and start a VM, and wait until it answers; reacts to the power button.
#                                 With `dhcp` ADDRESS only makes its MAC, and it asks for its address
#   container NAME ADDRESS        the same as a libvirt LXC container
#   await ADDRESS                 wait until the guest answers
#   join OTHER_LAB_HOME           a cable to the host there: this one is 10.77.0.1 and that one 10.77.0.2, for migration
#   attach                        (re-)attach the veth guest: deleting virbr0 (net-destroy) detaches it
#   stop|start|restart|reload     the libvirt daemon; reload is SIGHUP, as `systemctl reload libvirtd` sends it
#   events                        the hook calls so far: "DRIVER OBJECT OPERATION SUB EXTRA" lines (after `record`)
#   record                        install the recorder as the last hook of every driver and of the daemon
#   syslog                        what was sent to the host's /dev/log so far
#   log                           what libvirt logged so far
#
#     client 192.168.0.50, 2001:db8::50, and "the internet" 198.51.100.7, 2001:db8:ffff::7 (default route of the host);
#        |   serves TCP 7 and 2222, UDP 7; has routes to the guests' networks, so that ways past the DNAT can be tried
#        | veth
#     host   192.168.0.166 and .167, 2001:db8::166 and ::167 on eth0; 192.168.122.1/24 and fd00:122::1/64 on virbr0
#        | tap, veth
#     VM .2, container .4, veth guest .10: TCP 7, 22, 8080, 9000, 9001; UDP 7, 53; VM and container: HTTP on 80;
#            the same numbers behind fd00:122::
#
# The host's root file system is an overlay on a tmpfs: what is installed there (hooks, /usr/local, ...) is gone after
# `down`, and the machine's own files stay as they are. No libvirt service runs on the machine itself. The LXC driver
# needs cgroup v1 hierarchies on the machine (a hybrid one will do).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
flavour=${1:?flavour} verb=${2:?verb}
shift 2
LAB_HOME=${LAB_HOME:?a directory for the state of the lab}
case $flavour in
  bookworm) root=/ ;;
  trixie | testing) root=${LAB_CACHE:-/var/cache/hookaot-lab}/$flavour ;;
  *) echo "libvirt-host: unknown flavour $flavour" >&2; exit 2 ;;
esac

share=$LAB_HOME/share log=$LAB_HOME/log
tag=$(basename "$LAB_HOME" | tr -dc 'A-Za-z0-9' | tail -c 8)
host=lab-$tag-host client=lab-$tag-client vguest=lab-$tag-vguest
net=192.168.122 net6=fd00:122:
cgroups="cpu cpuacct cpuset memory devices freezer blkio pids"
host_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/lab
base_packages="busybox-static linux-image-cloud-amd64 gcc libc6-dev cpio kmod xz-utils iproute2 util-linux procps"
libvirt_packages="libvirt-daemon-system libvirt-clients libvirt-daemon-driver-lxc qemu-system-x86 dnsmasq-base"
libvirt_packages="$libvirt_packages iptables nftables"

say() { echo "lab: $*" >&2; }
init_pid() {
  local pid
  pid=$(cat "$LAB_HOME/pid" 2>/dev/null) && grep -qzsFx "LAB_HOME=$LAB_HOME" "/proc/$pid/environ" && echo "$pid"
}
# Root, working directory and namespaces are those of the host's init; a clean environment on purpose.
on_host() {
  local pid
  pid=$(init_pid) || { say "not up"; return 1; }
  nsenter -t "$pid" -m -p -u -n -i -C -r -w env -i PATH=$host_path HOME=/root LC_ALL=C "$@"
}

# ---- build

install_packages() {
  local packages=$base_packages policy=/usr/sbin/policy-rc.d mine='' result=0
  case $flavour in
    bookworm) packages="$packages $libvirt_packages firewalld dbus" ;; # the story watch reloads it
    *) packages="$packages debootstrap" ;;
  esac
  if [ ! -e "$policy" ]; then
    mine=1
    forbid_services "$policy"
  fi
  # shellcheck disable=SC2086 # a list of package names
  "$here/../../scripts/install-packages.sh" $packages || result=$?
  [ -z "$mine" ] || rm -f "$policy"
  return "$result"
}

# What is installed may not start a service.
forbid_services() { # FILE, a policy-rc.d
  printf '#!/bin/sh\nexit 101\n' >"$1"
  chmod 755 "$1"
}

# Complete or not there at all: made beside its place and then renamed. Made anew when the packages are others.
build_root() {
  [ "$flavour" != bookworm ] || return 0
  mkdir -p "$(dirname "$root")"
  exec {lock}>"$root.lock"   # runs beside each other want the same root
  flock "$lock"
  if [ "$(cat "$root/lab-packages" 2>/dev/null)" != "$libvirt_packages" ]; then
    rm -rf "$root.new"
    debootstrap_root "$root.new" >"$LAB_HOME/debootstrap.log" 2>&1 ||
      { tail -n 20 "$LAB_HOME/debootstrap.log" >&2; return 1; }
    rm -rf "$root"
    mv "$root.new" "$root"
  fi
  exec {lock}>&-
}
debootstrap_root() { # DIRECTORY
  local mirror script=/usr/share/debootstrap/scripts/$flavour
  [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
  # the plain archive that apt uses here, not -security
  mirror=${LAB_MIRROR:-$(apt-get indextargets --format "\$(REPO_URI)" | sed -n 's,/*$,,; /debian$/{p;q}')}
  say "debootstrap $flavour from $mirror"
  debootstrap --variant=minbase --include=ca-certificates,iproute2,procps "$flavour" "$1" "$mirror" "$script" &&
    forbid_services "$1/usr/sbin/policy-rc.d" &&
    echo "deb $mirror $flavour main" >"$1/etc/apt/sources.list" || return 1
  cp /etc/apt/apt.conf.d/99* "$1/etc/apt/apt.conf.d/" 2>/dev/null || true
  # shellcheck disable=SC2086 # a list of package names
  chroot "$1" apt-get -q update &&
    chroot "$1" env DEBIAN_FRONTEND=noninteractive \
      apt-get -qy --no-install-recommends -o APT::Sandbox::User=root install $libvirt_packages kmod &&
    chroot "$1" apt-get clean &&
    echo "$libvirt_packages" >"$1/lab-packages"
}

build_share() {
  local kernel busybox
  mkdir -p "$share"
  if [ ! "$share/probe" -nt "$here/probe.c" ]; then
    gcc -O2 -Wall -static -s -o "$share/probe" "$here/probe.c"
    rm -f "$share/initrd.gz"
  fi
  kernel=$(find /boot -name 'vmlinuz-*-cloud-amd64' | sort -V | tail -n 1)
  busybox=$(command -v busybox)
  cp "$kernel" "$share/vmlinuz"

  # The services of a guest, VM or container alike. $1 name, $2 address/length, $3 gateway, $4 and $5 the same for IPv6.
  # The NIC may be unplugged, and plugged in again.
  cat >"$share/guest-run" <<'GUEST'
#!/bin/busybox sh
ip link set lo up
echo "hello from $1" >/www/index.html
httpd -p 80 -h /www
/bin/probe serve "$1" tcp:7 tcp:22 tcp:8080 tcp:9000 tcp:9001 udp:7 udp:53 &
known=
while :; do
  index=
  [ ! -e /sys/class/net/eth0/ifindex ] || read -r index </sys/class/net/eth0/ifindex
  if [ "$index" != "$known" ] && [ -n "$index" ]; then
    echo 0 2>/dev/null >/proc/sys/net/ipv6/conf/eth0/accept_dad
    ip link set eth0 up
    if [ "$2" = dhcp ]; then
      udhcpc -qn -i eth0 -s /bin/guest-lease
    else
      ip addr add "$2" dev eth0 2>/dev/null; ip route add default via "$3" 2>/dev/null
      ip -6 addr add "$4" dev eth0 2>/dev/null; ip -6 route add default via "$5" 2>/dev/null
    fi
  fi
  known=$index
  sleep .5
done
GUEST
  cat >"$share/guest-lease" <<'GUEST'
#!/bin/busybox sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/24" dev eth0; ip route add default via "$router"; echo "lease $ip" >/dev/console
GUEST
  # CGI: runs the shell text that was POSTed, so that the test can act as the guest
  cat >"$share/guest-shell" <<'GUEST'
#!/bin/busybox sh
printf 'Content-Type: text/plain\r\n\r\n'; head -c "${CONTENT_LENGTH:-0}" | sh 2>&1
GUEST
  [ -s "$share/initrd.gz" ] || build_initrd "${kernel#/boot/vmlinuz-}" "$busybox"

  local tree=$share/container
  mkdir -p "$tree"/{bin,proc,sys,dev,etc,tmp,www/cgi-bin,sbin,usr/bin,usr/sbin}
  install_guest "$tree" "$busybox"
  chroot "$tree" /bin/busybox --install -s
  cat >"$tree/init" <<'GUEST'
#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
exec sh /bin/guest-run "$name" "$ip" "$gw" "$ip6" "$gw6"
GUEST
  chmod 755 "$tree/init"

  # One line a hook call. As the last file of DRIVER.d it runs after the hook under test: its line says that that one
  # is through.
  cat >"$share/recorder" <<'HOOK'
#!/bin/sh
driver=$(basename "$(dirname "$0")")
echo "${driver%.d} $*" >>/lab-log/events
HOOK
  chmod 755 "$share/recorder"
}

install_guest() {
  cp "$2" "$1/bin/busybox"
  ln -sf busybox "$1/bin/sh"
  install -m 755 "$share/probe" "$share/guest-run" "$share/guest-lease" "$1/bin/"
  install -m 755 "$share/guest-shell" "$1/www/cgi-bin/sh"
}

build_initrd() {
  local tree module name
  tree=$(mktemp -d -p "$LAB_HOME")
  mkdir -p "$tree"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,etc,tmp,lib/modules,www/cgi-bin}
  install_guest "$tree" "$2"
  # in the order of their dependencies, virtio_ring before virtio
  for module in $(for wanted in virtio_pci virtio_net button evdev; do
      modprobe -S "$1" --show-depends "$wanted"
    done | sed -n 's/^insmod //p'); do
    name=$(basename "$module" .xz)
    [ ! -e "$tree/lib/modules/$name" ] || continue
    case $module in
      *.xz) xz -dc "$module" >"$tree/lib/modules/$name" ;;
      *) cp "$module" "$tree/lib/modules/$name" ;;
    esac
    echo "$name" >>"$tree/lib/modules/order"
  done
  cat >"$tree/init" <<'GUEST'
#!/bin/busybox sh
/bin/busybox --install -s
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev 2>/dev/null
for m in $(cat /lib/modules/order); do insmod /lib/modules/$m || echo "insmod $m failed"; done
for w in $(cat /proc/cmdline); do case $w in lab.*) eval "${w#lab.}" ;; esac; done   # lab.name= lab.ip= lab.gw=
mkdir -p /var/run /var/log; acpid -c /etc/acpi
exec sh /bin/guest-run "$name" "$ip" "$gw" "$ip6" "$gw6"
GUEST
  mkdir -p "$tree/etc/acpi/PWRF"   # the power button
  printf '#!/bin/sh\npoweroff -f\n' >"$tree/etc/acpi/PWRF/00000080"
  chmod 755 "$tree/init" "$tree/etc/acpi/PWRF/00000080"
  (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$share/initrd.gz"
  rm -rf "$tree"
}

build() { install_packages && build_root && build_share; }

# ---- up and down

# A child cgroup of our own in every v1 hierarchy, below the one that this runs in.
cgroup_directories() {
  local group path
  for group in $cgroups; do
    path=$(sed -n "s/^[0-9]*:$group://p" /proc/self/cgroup)
    [ ! -d "/sys/fs/cgroup/$group$path" ] || echo "/sys/fs/cgroup/$group${path%/}/lab-$tag"
  done
}
enter_cgroups() {
  local directory
  for directory in $(cgroup_directories); do
    mkdir -p "$directory" || continue
    case $directory in
      */cpuset/*)
        cat "${directory%/*}/cpuset.cpus" >"$directory/cpuset.cpus"
        cat "${directory%/*}/cpuset.mems" >"$directory/cpuset.mems" ;;
    esac
    echo $$ >"$directory/cgroup.procs"
    echo "$directory"
  done >"$LAB_HOME/cgroups"
}

# PID 1 of the new namespaces: builds the root (the lower layer is never written), moves into it and then only reaps
# orphans.
init() {
  local pid _
  read -r pid _ </proc/self/stat   # this /proc is still the outer one: so is the number
  echo "$pid" >"$LAB_HOME/pid"
  nsenter --net="/run/netns/$client" "$share/probe" serve client tcp:7 tcp:2222 udp:7 </dev/null &
  nsenter --net="/run/netns/$host" "$share/probe" serve host tcp:7 </dev/null &
  nsenter --net="/run/netns/$vguest" "$share/probe" serve vguest tcp:7 tcp:22 udp:7 udp:53 </dev/null &
  mount --make-rprivate /
  local overlay=$LAB_HOME/overlay top=$LAB_HOME/overlay/root group node
  mkdir -p "$overlay"
  mount -t tmpfs -o size=2g tmpfs "$overlay"
  mkdir "$overlay"/{lower,upper,work,root}
  mount --bind "$root" "$overlay/lower"   # not recursive: /proc, /dev and so on are not in it
  mount -t overlay -o "lowerdir=$overlay/lower,upperdir=$overlay/upper,workdir=$overlay/work" overlay "$top"
  mount -t proc proc "$top/proc"
  mount -t sysfs sysfs "$top/sys"
  mount -t tmpfs tmpfs "$top/sys/fs/cgroup"
  for group in $cgroups; do
    mkdir "$top/sys/fs/cgroup/$group"
    mount -t cgroup -o "$group" cgroup "$top/sys/fs/cgroup/$group" || rmdir "$top/sys/fs/cgroup/$group"
  done
  # a /dev of its own, because the host has its own syslog socket there
  mount -t tmpfs -o mode=755 tmpfs "$top/dev"
  for node in null zero full random urandom tty fuse; do
    touch "$top/dev/$node"
    mount --bind "/dev/$node" "$top/dev/$node"
  done
  mkdir "$top"/dev/{net,pts,shm}
  touch "$top/dev/net/tun"
  mount --bind /dev/net/tun "$top/dev/net/tun"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$top/dev/pts"
  ln -s pts/ptmx "$top/dev/ptmx"
  ln -s /proc/self/fd "$top/dev/fd"
  mount -t tmpfs tmpfs "$top/run"
  mount -t tmpfs -o mode=1777 tmpfs "$top/tmp"
  mkdir -p "$top"/{lab,lab-log,oldroot} "$top"/run/{lock,netns}
  mount --bind "$share" "$top/lab"
  mount --bind "$log" "$top/lab-log"
  [ -e "$top/var/run" ] || ln -s /run "$top/var/run"
  hostname "$host"
  cd "$top"
  pivot_root . oldroot
  cd /
  umount -l /oldroot
  /lab/probe syslog /dev/log /lab-log/syslog </dev/null &
  touch /run/lab-ready
  # bash reaps what it inherits
  # shellcheck disable=SC2016 # for the inner shell
  exec /bin/bash -c 'trap : TERM; while :; do sleep 3600 & wait $!; done'
}

# A libvirt with nothing of the machine's own state. $1: the firewall backend, or nothing for libvirt's default
configure() {
  local functions
  functions=$(declare -f configure_libvirt has_act_csum do_without_act_csum)
  # shellcheck disable=SC2016 # for the shell on the host
  on_host bash -euc "$functions"'
    configure_libvirt "$1"' - "$1"
}

# These run on the host.

configure_libvirt() { # BACKEND or nothing
  local etc=/etc/libvirt
  rm -rf $etc/hooks $etc/qemu/*.xml $etc/qemu/networks $etc/lxc /var/lib/libvirt/dnsmasq
  mkdir -p $etc/hooks $etc/qemu/networks/autostart /var/lib/libvirt/dnsmasq /var/log/libvirt/{qemu,lxc} /run/libvirt

  # libvirt resolves its own host name at every guest start: without this a start takes 10 s more
  echo "127.0.0.1 localhost $(hostname)" >/etc/hosts
  rm -f /etc/resolv.conf
  : >/etc/resolv.conf

  # no security driver, mount namespace or cgroup for QEMU: none of them matters to a packet
  cat >$etc/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
CONF
  if [ -n "$1" ] && [ -e $etc/network.conf ]; then echo "firewall_backend = \"$1\"" >$etc/network.conf; fi
  cat >$etc/libvirtd.conf <<'CONF'
unix_sock_group = "root"
unix_sock_ro_perms = "0777"
auth_unix_ro = "none"
auth_unix_rw = "none"
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
log_filters = "1:util.firewall 1:util.hook 1:network"
log_outputs = "1:file:/lab-log/libvirtd.log"
CONF
  # two of these hosts on one machine are two hosts to libvirt
  echo "host_uuid = \"$(cat /proc/sys/kernel/random/uuid)\"" >>$etc/libvirtd.conf
  has_act_csum >/dev/null 2>&1 || do_without_act_csum
  ip link del tcprobe 2>/dev/null || true
}

has_act_csum() { # of the kernel's
  ip link add tcprobe type bridge &&
    tc qdisc add dev tcprobe root handle 1: htb default 2 &&
    tc filter add dev tcprobe prio 2 protocol ip parent 1: u32 match ip dport 68 ffff action csum ip and udp
}

# With its nftables backend libvirt also runs `tc filter ... action csum`, for DHCP checksums, and fails net-start
# without it: a tc that leaves out just that command.
do_without_act_csum() {
  local tc
  tc=$(command -v tc)
  cat >/usr/local/sbin/tc <<CONF
#!/bin/sh
case "\$*" in *"action csum"*) exit 0 ;; esac
exec $tc "\$@"
CONF
  chmod 755 /usr/local/sbin/tc
}

poll() {
  local i
  for ((i = 0; i < 300; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep .1; done
  say "gave up waiting for: $*"
  return 1
}

daemon_start() {
  # shellcheck disable=SC2016
  on_host sh -c '[ -s /run/virtlogd.pid ] && kill -0 "$(cat /run/virtlogd.pid)" 2>/dev/null || virtlogd -d'
  on_host libvirtd -d -l
  poll on_host virsh -c qemu:///system net-list
}
# shellcheck disable=SC2016
daemon_stop() { on_host sh -c 'p=$(cat /run/libvirtd.pid) && kill "$p" && while [ -d "/proc/$p" ]; do sleep .1; done'; }

# shellcheck disable=SC2016
daemon_reload() { on_host sh -c 'kill -HUP "$(cat /run/libvirtd.pid)"'; }

attach() {
  ip -n "$host" link del vg0 2>/dev/null || true
  ip -n "$host" link add vg0 type veth peer name eth0 netns "$vguest"
  ip -n "$host" link set vg0 master virbr0 up
  ip -n "$vguest" addr add "$net.10/24" dev eth0
  ip -n "$vguest" link set eth0 up
  ip -n "$vguest" route add default via "$net.1"
  ip -n "$vguest" addr add "$net6:10/64" dev eth0 nodad
  ip -n "$vguest" route add default via "$net6:1"
}

start_network() {
  on_host sh -c '
    cat >/run/net.xml
    virsh -q net-define /run/net.xml
    virsh -q net-autostart default
    virsh -q net-start default' >/dev/null <<XML
<network>
  <name>default</name>
  <forward mode='nat'><nat ipv6='yes'/></forward>
  <bridge name='virbr0' stp='off'/>
  <mac address='52:54:00:00:00:01'/>
  <ip address='$net.1' netmask='255.255.255.0'>
    <dhcp><range start='$net.100' end='$net.200'/></dhcp>
  </ip>
  <ip family='ipv6' address='$net6:1' prefix='64'/>
</network>
XML
}

up() {
  local name
  build
  down
  rm -rf "$log"
  mkdir -p "$log"
  for name in "$host" "$client" "$vguest"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
  done
  ip link add name eth0 netns "$host" type veth peer name eth0 netns "$client"
  ip -n "$host" addr add 192.168.0.166/24 dev eth0
  ip -n "$host" addr add 192.168.0.167/24 dev eth0
  ip -n "$host" addr add 2001:db8::166/64 dev eth0 nodad
  ip -n "$host" addr add 2001:db8::167/64 dev eth0 nodad
  ip -n "$host" link set eth0 up
  ip -n "$client" addr add 192.168.0.50/24 dev eth0
  ip -n "$client" addr add 198.51.100.7/32 dev lo
  ip -n "$client" addr add 2001:db8::50/64 dev eth0 nodad
  ip -n "$client" addr add 2001:db8:ffff::7/128 dev lo nodad
  ip -n "$client" link set eth0 up
  ip -n "$host" route add default via 192.168.0.50
  ip -n "$host" route add default via 2001:db8::50
  ip -n "$client" route add "$net.0/24" via 192.168.0.166
  ip -n "$client" route add "$net6:/64" via 2001:db8::166
  # a host without br_netfilter, until a test says otherwise
  local bridge
  for bridge in bridge-nf-call-iptables bridge-nf-call-ip6tables; do
    ip netns exec "$host" sysctl -qw "net.bridge.$bridge=0" 2>/dev/null || true
  done

  export -f init enter_cgroups cgroup_directories
  export LAB_HOME flavour root share log cgroups tag host client vguest
  setsid nsenter --net="/run/netns/$host" bash -euc '
    enter_cgroups
    exec unshare --mount --pid --fork --uts --ipc --cgroup --kill-child bash -euc init' \
    </dev/null >"$log/init" 2>&1 &
  poll on_host test -e /run/lab-ready || { cat "$log/init" >&2; return 1; }

  configure "${1:-}"
  daemon_start
  start_network
  attach
  say "up: $(on_host libvirtd --version), $(on_host iptables --version), backend ${1:-default}"
}

down() {
  local pid name directory
  if pid=$(init_pid); then
    kill -9 "$pid"   # PID 1: the kernel ends everything in its namespace
    while [ -d "/proc/$pid" ]; do sleep .05; done
  fi
  if [ -e "$LAB_HOME/cgroups" ]; then
    while read -r directory; do
      find "$directory" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done <"$LAB_HOME/cgroups"
  fi
  rm -f "$LAB_HOME/pid" "$LAB_HOME/cgroups"
  for name in "$host" "$client" "$vguest"; do
    [ ! -e "/run/netns/$name" ] || ip netns del "$name"
  done
}

# ---- guests

# define and start: the connection's URI, the name; the XML on stdin
launch() {
  # shellcheck disable=SC2016 # for the shell on the host
  on_host sh -ec '
    cat >"/run/$1.xml"
    virsh -qc "$0" undefine "$1" >/dev/null 2>&1 || :
    virsh -qc "$0" define "/run/$1.xml" >/dev/null
    virsh -qc "$0" start "$1" >/dev/null' "$1" "$2"
}
await() { poll on_host /lab/probe tcp "$net.$1" 22 1; }

vm() {
  local arguments="lab.name=$1 lab.ip=$net.$2/24 lab.gw=$net.1 lab.ip6=$net6:$2/64 lab.gw6=$net6:1"
  [ "${3:-}" != dhcp ] || arguments="lab.name=$1 lab.ip=dhcp"
  launch qemu:///system "$1" <<XML
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>96</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/lab/vmlinuz</kernel>
    <initrd>/lab/initrd.gz</initrd>
    <cmdline>console=ttyS0 panic=1 quiet cryptomgr.notests mitigations=off nosmp $arguments</cmdline>
  </os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <memballoon model='none'/>
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <interface type='network'>
      <source network='default'/>
      <mac address='52:54:00:00:00:$(printf %02x "$2")'/>
      <model type='virtio'/>
    </interface>
    <serial type='file'><source path='/lab-log/serial-$1'/><target port='0'/></serial>
  </devices>
</domain>
XML
  if [ "${3:-}" = dhcp ]; then await_lease "$1"; else await "$2"; fi
}
await_lease() { # NAME
  poll on_host grep -q '^lease' "/lab-log/serial-$1"
}

container() {
  launch lxc:///system "$1" <<XML
<domain type='lxc'>
  <name>$1</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64'>exe</type>
    <init>/init</init>
    <initenv name='name'>$1</initenv>
    <initenv name='ip'>$net.$2/24</initenv>
    <initenv name='gw'>$net.1</initenv>
    <initenv name='ip6'>$net6:$2/64</initenv>
    <initenv name='gw6'>$net6:1</initenv>
  </os>
  <devices>
    <filesystem type='mount'><source dir='/lab/container'/><target dir='/'/></filesystem>
    <interface type='network'>
      <source network='default'/>
      <mac address='52:54:00:00:01:$(printf %02x "$2")'/>
    </interface>
    <console type='pty'/>
  </devices>
</domain>
XML
  await "$2"
}

# Two hosts on one cable.
join() {
  local other
  other=lab-$(basename "$1" | tr -dc 'A-Za-z0-9' | tail -c 8)-host
  ip link add name lab0 netns "$host" type veth peer name lab0 netns "$other"
  ip -n "$host" addr add 10.77.0.1/24 dev lab0
  ip -n "$other" addr add 10.77.0.2/24 dev lab0
  ip -n "$host" link set lab0 up
  ip -n "$other" link set lab0 up
}

record() {
  # shellcheck disable=SC2016 # for the shell on the host
  on_host sh -ec '
    for driver in qemu lxc network daemon; do
      mkdir -p "/etc/libvirt/hooks/$driver.d"
      ln -sf /lab/recorder "/etc/libvirt/hooks/$driver.d/99-recorder"
    done'
}

case $verb in
  build | up | down | vm | container | await | attach | join | record) "$verb" "$@" ;;
  exec) on_host "$@" ;;
  client) PATH=$PATH:$share ip netns exec "$client" "$@" ;;
  vguest) PATH=$PATH:$share ip netns exec "$vguest" "$@" ;;
  guest) printf '%s\n' "$2" | on_host /lab/probe http "$net.$1" 80 /cgi-bin/sh 30 - ;;
  stop | start) "daemon_$verb" ;;
  restart) daemon_stop; daemon_start ;;
  reload) daemon_reload ;;
  events) cat "$log/events" 2>/dev/null || true ;;
  syslog) cat "$log/syslog" 2>/dev/null || true ;;
  log) cat "$log/libvirtd.log" ;;
  *) echo "libvirt-host: unknown verb $verb" >&2; exit 2 ;;
esac
