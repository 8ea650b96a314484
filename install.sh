#!/bin/sh
# Installs hookaot, the libvirt hook, and its command hookctrl. Needs nothing but a POSIX shell and coreutils (or
# busybox).
set -eu
umask 022

usage() {
  cat <<'END'
usage: install.sh [--root DIR] [--dry-run]                        install or upgrade
       install.sh --uninstall [--purge] [--root DIR] [--dry-run]  take the rules out and remove everything

The binary is looked for beside this script, in dist/, and in artifacts/; with a .NET SDK it is built.
A SHA256SUMS beside it is checked.
  --root DIR   install into another root, such as an image (or DESTDIR=DIR)
  --dry-run    say what would be done, and do nothing
  --purge      with --uninstall: remove config.json too
END
}

say() { echo "install.sh: $*"; }
warn() { echo "install.sh: warning: $*" >&2; }
die() { echo "install.sh: $*" >&2; finished=yes; exit 1; }
wrong() { echo "install.sh: $*" >&2; usage >&2; exit 2; }

root=${DESTDIR:-}
dry='' uninstall='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --root | --root=*)
      if [ "$1" = --root ]; then
        [ $# -gt 1 ] || wrong "--root needs a directory"
        shift
        root=$1
      else
        root=${1#*=}
      fi
      # From a script whose variable is empty; it does not mean this host.
      [ -n "$root" ] || wrong "--root needs a directory" ;;
    --dry-run) dry=yes ;;
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    -h | --help) usage; exit 0 ;;
    *) wrong "'$1' is not known here" ;;
  esac
  shift
done
[ -z "$purge" ] || [ -n "$uninstall" ] || wrong "--purge goes with --uninstall"
case $root in '' | /*) ;; *) root=$PWD/$root ;; esac
while [ "${root%/}" != "$root" ]; do root=${root%/}; done

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
drivers="qemu lxc network"
hooks=$root/etc/libvirt/hooks
local=$root/usr/local
command=$local/sbin/hookctrl
pages="man8/hookaot.8 man8/hookctrl.8 man5/hookaot.json.5"
old_page=$local/share/man/man5/config.json.5 # of version 0.1, under a name that says nothing of us
completions="
bash:bash-completion/completions/hookctrl
zsh:zsh/site-functions/_hookctrl
fish:fish/vendor_completions.d/hookctrl.fish"
# The directories that were not there before, for --uninstall.
made=$hooks/hookaot.dirs

run() { if [ -n "$dry" ]; then echo "would run: $*"; else "$@"; fi; }
has() { command -v "$1" >/dev/null 2>&1; }
exists() { [ -e "$1" ] || [ -L "$1" ]; }

[ -n "$root" ] || [ -n "$dry" ] || [ "$(id -u)" -eq 0 ] || die "only root may do this: sudo $0"

# --- small things, each of which leaves the old state or the new one ---

temporary='' finished='' binary='' planned='' new_dirs=''
stopped="stopped before the end, for the reason above. Nothing is half written; run it again when that is cured"
# shellcheck disable=SC2317 # the trap calls it
at_exit() {
  code=$?
  [ -z "$temporary" ] || rm -f "$temporary"
  [ $code -eq 0 ] || [ -n "$finished" ] || echo "install.sh: $stopped" >&2
}
trap at_exit EXIT
trap 'exit 1' HUP INT TERM

make_dir() { # DIR
  [ ! -d "$1" ] || return 0
  case $planned in *"|$1|"*) return 0 ;; esac
  make_dir "$(dirname "$1")" || return
  if [ -n "$dry" ]; then planned="$planned|$1|"; fi
  # Written down before it is made, but for those that lead to the record itself.
  new_dirs="$new_dirs${1#"$root"}
"
  record && run mkdir "$1" && record
}
record() {
  if [ -z "$dry" ] && [ -d "$hooks" ]; then printf %s "$new_dirs" >>"$made" && new_dirs=''; fi
}

rm_stale() { # FILE; what an installation that was killed has left
  for stale in "$1".new.*; do if exists "$stale"; then run rm -f "$stale"; fi; done
}

begin() { # FILE; $temporary is where it is made
  rm_stale "$1"
  temporary=$1.new.$$
}

prepare() { # SOURCE TARGET MODE
  begin "$2"
  run cp "$1" "$temporary" && run chmod "$3" "$temporary" || return 1
  [ "$(id -u)" -ne 0 ] || run chown 0:0 "$temporary" || return 1
  # On the disk before its name is: a power cut must not leave an empty file. Some file systems cannot say.
  run sync "$temporary" || true
}

commit() { # TARGET
  run mv -f "$temporary" "$1" && temporary=''
}

put() { prepare "$@" && commit "$2"; } # SOURCE TARGET MODE

put_link() { # DESTINATION LINK
  if [ "$(readlink "$2")" = "$1" ]; then return; fi
  # In <driver>.d/ libvirt calls each file that it finds: made beside it, and renamed into place.
  case $2 in "$hooks"/*) begin "$hooks/link" ;; *) begin "$2" ;; esac
  run ln -s "$1" "$temporary" && commit "$2"
}

remove() { # FILE..., and what is left of their temporary ones
  for file; do
    if exists "$file"; then run rm -f "$file"; fi
    rm_stale "$file"
  done
}

remove_old_page() {
  [ -f "$old_page" ] || return 0
  IFS= read -r head <"$old_page" || true
  case $head in *'"HookAot '*) remove "$old_page" ;; esac
}

sum() { sha256sum "$1" | { read -r sum _; echo "$sum"; }; }

# Whether a hook is hookaot: a link to it, or a copy of the one that is installed or of the one that is going to be.
is_ours() { # FILE
  if [ -L "$1" ]; then
    case $(readlink "$1") in hookaot | ../hookaot | */etc/libvirt/hooks/hookaot) return 0 ;; *) return 1 ;; esac
  fi
  [ -f "$1" ] || return 1
  for known in "$hooks/hookaot" "$binary"; do
    if [ -f "$known" ] && [ "$(sum "$1")" = "$(sum "$known")" ]; then return 0; fi
  done
  return 1
}

# libvirt looks for hooks at its start and on reload. A restart would be felt by its clients.
tell_libvirt() {
  [ -z "$root" ] || return 0
  if [ -d /run/systemd/system ] && has systemctl; then
    for unit in libvirtd virtqemud virtlxcd virtnetworkd; do reload_unit "$unit"; done
  else
    reload_process /run/libvirtd.pid
    reload_process /run/libvirt/libvirtd.pid
    reload_process /run/virtqemud.pid
    reload_process /run/virtlxcd.pid
    reload_process /run/virtnetworkd.pid
  fi
}
reload_unit() { # UNIT
  systemctl is-active --quiet "$1" || return 0
  run systemctl reload "$1" ||
    warn "$1 cannot be reloaded; do it before the next guest starts: systemctl reload $1"
}
reload_process() { # PIDFILE, which is called after the process
  pid='' name=''
  if [ -r "$1" ]; then read -r pid <"$1" || true; fi # libvirt writes no line end
  # After a crash the number may be another process's by now.
  if [ -n "$pid" ] && [ -r "/proc/$pid/comm" ]; then read -r name <"/proc/$pid/comm" || true; fi
  [ -n "$name" ] && [ "$name.pid" = "$(basename "$1")" ] || return 0
  run kill -HUP "$pid" ||
    warn "$name could not be told; do it before the next guest starts: kill -HUP $pid"
}

# --- the service, which is 'hookctrl watch' ---

# What starts services here: the one that runs, else the one that is installed.
systemd_runs() { [ -z "$root" ] && [ -d /run/systemd/system ] && has systemctl; }
openrc_runs() { [ -z "$root" ] && [ -e /run/openrc/softlevel ] && has rc-service; }
init=''
if systemd_runs; then
  init=systemd
elif openrc_runs; then
  init=openrc
elif [ -x "$root/usr/lib/systemd/systemd" ] || [ -x "$root/lib/systemd/systemd" ]; then
  init=systemd
elif [ -x "$root/sbin/openrc-run" ] || [ -x "$root/usr/sbin/openrc-run" ]; then
  init=openrc
fi
systemd_file=/etc/systemd/system/hookaot.service
systemd_link=/etc/systemd/system/multi-user.target.wants/hookaot.service
openrc_file=/etc/init.d/hookaot
openrc_link=/etc/runlevels/default/hookaot
watch="/etc/libvirt/hooks/hookaot hookctrl watch"

install_service() { # SOURCE FILE MODE LINK
  if [ "$(readlink "$root$2")" = /dev/null ]; then
    say "$2 is masked, and stays so"
    return
  fi
  # The link comes first: a file without it belongs to an administrator who does not want it at boot.
  if ! exists "$root$2"; then make_dir "$root$(dirname "$4")" && put_link "$2" "$root$4" || return; fi
  if [ -n "$dry" ]; then
    echo "would write: $root$2"
    return
  fi
  make_dir "$(dirname "$root$2")" && begin "$root$2" || return
  service_text "$1" >"$temporary" && chmod "$3" "$temporary" || return
  [ "$(id -u)" -ne 0 ] || chown 0:0 "$temporary" || return
  sync "$temporary" || true
  commit "$root$2"
}
# As the packages have it, but for the command.
service_text() { # FILE
  command_line=$watch
  # systemd itself may not execute what SELinux knows as a hook; a shell that it starts may.
  if [ -z "$root" ] && has selinuxenabled && selinuxenabled; then command_line="/bin/sh -c 'exec $watch'"; fi
  while IFS= read -r line; do
    case $line in
      ExecStart=*) line="ExecStart=$command_line" ;;
      command=*) line="command=${watch%% *}" ;;
      command_args=*) line="command_args=\"${watch#* }\"" ;;
    esac
    printf '%s\n' "$line"
  done <"$1"
}
# What the administrator has disabled is not started; where it runs all the same, it becomes the new one.
start_service() {
  failed="the service hookaot could not be started; the hook works without it. See:"
  if systemd_runs; then
    [ -n "$dry" ] || [ -f "$systemd_file" ] || return 0 # masked, or not written
    how=try-restart
    if exists "$systemd_link" || ! exists "$systemd_file"; then how=restart; fi
    run systemctl daemon-reload || true
    run systemctl "$how" hookaot.service || warn "$failed systemctl status hookaot.service"
  elif openrc_runs; then
    [ -n "$dry" ] || [ -f "$openrc_file" ] || return 0
    exists "$openrc_link" || ! exists "$openrc_file" || rc-service hookaot status >/dev/null 2>&1 || return 0
    run rc-service hookaot restart || warn "$failed rc-service hookaot status"
  fi
}
remove_service() {
  if service_is_ours "$systemd_file" "$systemd_link"; then
    ! systemd_runs || run systemctl stop hookaot.service || warn "hookaot.service could not be stopped"
    remove "$root$systemd_link" "$root$systemd_file"
    ! systemd_runs || run systemctl daemon-reload || true
    ! systemd_runs || [ -n "$dry" ] || systemctl reset-failed hookaot.service 2>/dev/null || true
  fi
  if service_is_ours "$openrc_file" "$openrc_link"; then
    ! openrc_runs || run rc-service hookaot stop || warn "the service hookaot could not be stopped"
    remove "$root$openrc_link" "$root$openrc_file"
  fi
  rm_stale "$root$systemd_link"
  rm_stale "$root$systemd_file"
  rm_stale "$root$openrc_link"
  rm_stale "$root$openrc_file"
}
# A package has its file elsewhere, a link to that, and perhaps a copy that the administrator has made of it here.
service_is_ours() { # FILE LINK
  [ "$(readlink "$root$2")" != "$1" ] || return 0
  [ -f "$root$1" ] || return 1
  while IFS= read -r line; do
    case $line in *"${watch%% *}"*) return 0 ;; esac
  done <"$root$1"
  return 1
}

# --- uninstall ---

if [ -n "$uninstall" ]; then
  left=''
  # It would put back what is taken out.
  remove_service
  # The links first, so that no event puts rules back; libvirt 6.5 and later do not mind, the others are told at once.
  for driver in $drivers; do
    if is_ours "$hooks/$driver"; then remove "$hooks/$driver"; fi
    if is_ours "$hooks/$driver.d/50-hookaot"; then remove "$hooks/$driver.d/50-hookaot"; fi
  done
  tell_libvirt
  if [ -z "$root" ] && [ -x "$hooks/hookaot" ]; then
    run "$hooks/hookaot" hookctrl apply --stop-all || left=yes
    run rm -rf /run/hookaot
  fi
  if is_ours "$command"; then remove "$command"; fi
  rm_stale "$command"
  for page in $pages; do remove "$local/share/man/$page"; done
  remove_old_page
  for completion in $completions; do remove "$local/share/${completion#*:}"; done
  remove "$hooks/config.schema.json" "$hooks/link" "$hooks/hookaot"
  if [ -n "$purge" ]; then
    remove "$hooks/config.json" "$hooks/config.json.before" # the latter is for undo
    for file in "$hooks"/config.json.*.tmp; do remove "$file"; done # of a hookctrl that was killed
  fi
  if [ -f "$made" ]; then
    # Outer ones stand before inner ones: backwards.
    backwards=''
    while read -r dir; do
      backwards="$dir
$backwards"
    done <"$made"
    # A directory that something else is in stays.
    remove_dirs() {
      echo "$backwards" | while read -r dir; do
        if [ -n "$dir" ] && [ -d "$root$dir" ]; then run rmdir "$root$dir" 2>/dev/null || true; fi
      done
    }
    [ -n "$dry" ] || remove_dirs
    remove "$made"
    remove_dirs # those that the record itself was in
  fi
  kept=''
  if [ -f "$hooks/config.json" ] && [ -z "$purge" ]; then
    kept="; $hooks/config.json is kept (--purge removes it too)"
  fi
  say "removed$kept"
  by_hand="iptables-save | grep -v HOOKAOT | iptables-restore; nft delete table ip hookaot; "
  by_hand="${by_hand}nft flush chain ip libvirt_network hookaot; the same for IPv6 with ip6tables and ip6"
  [ -z "$left" ] || die "the rules could not be taken out, for the reason above. By hand: $by_hand"
  exit 0
fi

# --- what to install ---

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) die "this machine is a $(uname -m); there are binaries for x86_64 and aarch64" ;;
esac
second="hookaot is installed here as a package already, and one is enough: upgrade that, or remove it first"
[ ! -e "$root/usr/sbin/hookaot" ] ||
  die "$second (apt-get remove hookaot, dnf remove hookaot; config.json stays)"
file_name=hookaot-linux-$arch
built=$here/artifacts/linux-$arch/hookaot
find_binary() {
  for binary in "$here/hookaot" "$here/$file_name" "$here/dist/$file_name" "$built"; do
    if [ -f "$binary" ]; then return; fi
  done
  binary=
}
find_binary
if [ -z "$binary" ] && has dotnet && [ -f "$here/scripts/build.sh" ]; then
  run "$here/scripts/build.sh" "linux-$arch"
  find_binary
  [ -z "$dry" ] || binary=$built
fi
missing_binary="no $file_name beside $0 or in dist/, and no .NET SDK to build it with"
[ -n "$binary" ] || die "$missing_binary; download it from the release"

sums=$(dirname "$binary")/SHA256SUMS
if [ -f "$sums" ]; then
  file_name=$(basename "$binary")
  expected=
  while read -r sum name || [ -n "$sum" ]; do
    [ "${name#\*}" != "$file_name" ] || expected=$sum
  done <"$sums"
  [ -n "$expected" ] ||
    die "$sums does not name $file_name; it is from another release, or the file has another name"
  actual=$(sum "$binary")
  [ "$actual" = "$expected" ] ||
    die "$binary is not what $sums says: its SHA-256 is $actual, expected $expected; download it again"
fi

# Before the binary is replaced, since a hook may be a copy of it.
foreign=' '
for driver in $drivers; do
  if exists "$hooks/$driver" && ! is_ours "$hooks/$driver"; then foreign="$foreign$driver "; fi
done

# --- install: first what forwards, then what is convenient ---

make_dir "$hooks"
prepare "$binary" "$hooks/hookaot" 755
# Tried here, where it is executable: what was downloaded is not, and /tmp may be mounted noexec.
[ -n "$dry" ] || version=$("$temporary" hookctrl version) ||
  die "$binary does not run on this machine; nothing was changed"
commit "$hooks/hookaot"
for driver in $drivers; do
  case $foreign in
    *" $driver "*)
      make_dir "$hooks/$driver.d"
      link=$hooks/$driver.d/50-hookaot
      put_link ../hookaot "$link"
      say "$hooks/$driver is somebody else's and stays; hookaot is $link, which libvirt 6.5 and later call after it"
      say "if it is the Python hook that hookaot takes the place of: rm $hooks/$driver, then install again" ;;
    *)
      put_link hookaot "$hooks/$driver"
      if is_ours "$hooks/$driver.d/50-hookaot"; then remove "$hooks/$driver.d/50-hookaot"; fi ;;
  esac
done
if has restorecon && [ -z "$root" ]; then
  run restorecon -R "$hooks" || warn "the SELinux labels of $hooks are not set; libvirt may not run the hook"
fi
has iptables-restore || has nft || [ -n "$root" ] ||
  warn "neither iptables nor nft is installed: nothing can be forwarded without"
tell_libvirt
if [ -z "$root" ] && [ -f "$hooks/config.json" ]; then
  # For guests that run already.
  run "$hooks/hookaot" hookctrl apply || warn "hookctrl apply has failed; what is installed is in order"
fi

extra() { # SOURCE TARGET
  [ -f "$1" ] || return 0
  { make_dir "$(dirname "$2")" && put "$1" "$2" 644; } || missing "$2"
}
completion() { # SHELL TARGET
  if [ -n "$dry" ]; then
    echo "would write: $2"
    return
  fi
  {
    make_dir "$(dirname "$2")" &&
      begin "$2" &&
      "$hooks/hookaot" hookctrl completion "$1" >"$temporary" &&
      commit "$2"
  } || missing "$2"
}
missing() { # TARGET
  warn "$1 could not be written; the hook works without it"
  [ -z "$temporary" ] || rm -f "$temporary"
  temporary=''
}
service() { # NAME FILE MODE LINK
  source=$share/service/$1
  shift
  if [ -f "$source" ]; then
    install_service "$source" "$@" || missing "$1"
  else
    warn "there is no $source: nothing runs $watch here"
  fi
}
# A release has them beside this script, the repository in src.
share=$here
[ ! -d "$here/src/man" ] || share=$here/src
case $init in
  systemd) service hookaot.service "$systemd_file" 644 "$systemd_link" ;;
  openrc) service hookaot.openrc "$openrc_file" 755 "$openrc_link" ;;
  *) say "neither systemd nor OpenRC is here; any supervisor may run this, so that nobody has to run apply: $watch" ;;
esac
start_service

existing=$local
while [ ! -d "$existing" ]; do existing=$(dirname "$existing"); done
extra "$share/config.schema.json" "$hooks/config.schema.json"
# Tried, since busybox's test -w says yes to root on a read-only file system.
if [ -z "$dry" ] && ! touch "$existing" 2>/dev/null; then
  warn "$local cannot be written to: no man pages, and the command is: /etc/libvirt/hooks/hookaot hookctrl"
else
  if exists "$command" && ! is_ours "$command"; then
    warn "$command is somebody else's and stays; hookaot's is: /etc/libvirt/hooks/hookaot hookctrl"
  else
    { make_dir "$local/sbin" && put_link /etc/libvirt/hooks/hookaot "$command"; } || missing "$command"
  fi
  for page in $pages; do extra "$share/man/${page#*/}" "$local/share/man/$page"; done
  remove_old_page || true
  for item in $completions; do completion "${item%%:*}" "$local/share/${item#*:}"; done
fi
[ -n "$dry" ] || say "installed $version; next: hookctrl machine add NAME --private-ip IP"
