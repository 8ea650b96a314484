#!/bin/sh
# Installs hookaot, the libvirt hook, and its command hookctrl. Needs nothing but a POSIX shell and coreutils (or busybox).
set -eu
umask 022

usage() {
  cat <<'END'
usage: install.sh [--root DIR] [--dry-run]                        install or upgrade
       install.sh --uninstall [--purge] [--root DIR] [--dry-run]  take the rules out and remove everything

The binary is looked for beside this script, in dist/, and in artifacts/; with a .NET SDK it is built. A SHA256SUMS beside it is checked.
  --root DIR   install into another root, such as an image (or DESTDIR=DIR)
  --dry-run    say what would be done, and do nothing
  --purge      with --uninstall: remove config.json too
END
}

root=${DESTDIR:-}
dry='' uninstall='' purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --root) [ $# -gt 1 ] || { usage >&2; exit 2; }; root=$2; shift ;;
    --root=*) root=${1#*=} ;;
    --dry-run) dry=yes ;;
    --uninstall) uninstall=yes ;;
    --purge) purge=yes ;;
    -h|--help) usage; exit 0 ;;
    *) echo "install.sh: '$1' is not known here" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
[ -z "$purge" ] || [ -n "$uninstall" ] || { echo "install.sh: --purge goes with --uninstall" >&2; exit 2; }
root=${root%/}

here=$(cd "$(dirname "$0")" && pwd)
drivers="qemu lxc network"
hooks=$root/etc/libvirt/hooks
local=$root/usr/local
# The directories that were not there before, for --uninstall.
made=$hooks/hookaot.dirs

say() { echo "install.sh: $*"; }
warn() { echo "install.sh: warning: $*" >&2; }
die() { echo "install.sh: $*" >&2; exit 1; }
run() { if [ -n "$dry" ]; then echo "would run: $*"; else "$@"; fi; }
has() { command -v "$1" >/dev/null 2>&1; }

[ -n "$root" ] || [ -n "$dry" ] || [ "$(id -u)" -eq 0 ] || die "only root may do this: sudo $0"

# --- small things, each of which leaves the old state or the new one ---

make_dir() { # DIR
  [ -d "$1" ] && return
  make_dir "$(dirname "$1")"
  run mkdir "$1"
  [ -n "$dry" ] || dirs="$dirs$1
"
}

put() { # SOURCE TARGET MODE
  rm_stale "$2"
  temporary=$2.new.$$
  run cp "$1" "$temporary"
  run chmod "$3" "$temporary"
  [ "$(id -u)" -ne 0 ] || run chown 0:0 "$temporary"
  # On the disk before its name is: a power cut must not leave an empty file.
  run sync "$temporary"
  run mv -f "$temporary" "$2"
}

put_link() { # DESTINATION LINK
  [ -L "$2" ] && [ "$(readlink "$2")" = "$1" ] && return
  rm_stale "$hooks/link"
  # Made where libvirt does not look for hooks, and renamed into place.
  if [ "${2#"$hooks"}" != "$2" ]; then temporary=$hooks/link.new.$$; else temporary=$2.new.$$; fi
  run ln -s "$1" "$temporary"
  run mv -f "$temporary" "$2"
}

rm_stale() { # what an installation that was killed has left
  for stale in "$1".new.*; do [ -e "$stale" ] || [ -L "$stale" ] || continue; run rm -f "$stale"; done
}

remove() { # FILE...
  for file; do if [ -e "$file" ] || [ -L "$file" ]; then run rm -f "$file"; fi; done
}

sum() { sha256sum "$1" | { read -r sum _; echo "$sum"; }; }

# Whether a hook is hookaot: a link to it, or a copy.
is_ours() { # FILE
  case $([ -L "$1" ] && readlink "$1") in hookaot | ../hookaot | */etc/libvirt/hooks/hookaot) return 0 ;; esac
  [ -f "$1" ] && [ -f "$hooks/hookaot" ] && [ "$(sum "$1")" = "$(sum "$hooks/hookaot")" ]
}

# libvirt looks for hooks at its start and on reload. A restart would be felt by its clients.
tell_libvirt() {
  [ -z "$root" ] || return 0
  if [ -d /run/systemd/system ] && has systemctl; then
    for unit in libvirtd virtqemud virtlxcd virtnetworkd; do
      if systemctl is-active --quiet "$unit"; then run systemctl reload "$unit" || warn "$unit cannot be reloaded; do it before the next guest starts"; fi
    done
  else
    for file in /run/libvirtd.pid /run/virtqemud.pid /run/virtlxcd.pid /run/virtnetworkd.pid; do
      [ -r "$file" ] || continue
      pid=''
      read -r pid <"$file" || true # libvirt writes no line end
      [ -z "$pid" ] || run kill -HUP "$pid" 2>/dev/null || true
    done
  fi
}

# --- uninstall ---

if [ -n "$uninstall" ]; then
  if [ -z "$root" ] && [ -x "$hooks/hookaot" ]; then
    run "$hooks/hookaot" hookctrl apply --stop-all >/dev/null || warn "the rules are not all out; see above"
    run rm -rf /run/hookaot
  fi
  for driver in $drivers; do
    if is_ours "$hooks/$driver"; then remove "$hooks/$driver"; fi
    remove "$hooks/$driver.d/50-hookaot"
  done
  tell_libvirt
  if [ -L "$local/sbin/hookctrl" ]; then remove "$local/sbin/hookctrl"; fi
  remove "$local/share/man/man8/hookctrl.8" "$local/share/man/man5/config.json.5" \
    "$local/share/bash-completion/completions/hookctrl" "$local/share/zsh/site-functions/_hookctrl" \
    "$local/share/fish/vendor_completions.d/hookctrl.fish" "$hooks/config.schema.json" "$hooks/hookaot"
  [ -z "$purge" ] || remove "$hooks/config.json"
  for file in "$hooks/hookaot" "$hooks/link" "$hooks/config.schema.json" "$local/sbin/hookctrl"; do rm_stale "$file"; done
  if [ -f "$made" ]; then
    dirs=$(cat "$made")
    remove "$made"
    # In the order in which they were made, so the innermost last: backwards.
    backwards=
    while read -r dir; do backwards="$dir
$backwards"; done <<END
$dirs
END
    while read -r dir; do [ -z "$dir" ] || [ ! -d "$root$dir" ] || run rmdir "$root$dir" 2>/dev/null || true; done <<END
$backwards
END
  fi
  if [ -f "$hooks/config.json" ] && [ -z "$purge" ]; then say "removed; $hooks/config.json is kept (--purge removes it too)"; else say "removed"; fi
  exit 0
fi

# --- what to install ---

case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) die "this machine is a $(uname -m); there are binaries for x86_64 and aarch64" ;;
esac
find_binary() {
  for binary in "$here/hookaot" "$here/hookaot-linux-$arch" "$here/dist/hookaot-linux-$arch" "$here/artifacts/linux-$arch/hookaot"; do
    if [ -f "$binary" ]; then return; fi
  done
  binary=
}
find_binary
if [ -z "$binary" ] && has dotnet && [ -f "$here/scripts/build.sh" ]; then
  run "$here/scripts/build.sh" "linux-$arch"
  find_binary
  [ -z "$dry" ] || binary=$here/artifacts/linux-$arch/hookaot
fi
[ -n "$binary" ] || die "no hookaot-linux-$arch beside $0 or in dist/, and no .NET SDK to build it with; download it from the release"

sums=$(dirname "$binary")/SHA256SUMS
if [ -f "$sums" ]; then
  expected=
  while read -r sum name; do [ "${name#\*}" != "$(basename "$binary")" ] || expected=$sum; done <"$sums"
  [ -n "$expected" ] || die "$sums does not name $(basename "$binary"); it is from another release, or the file has another name"
  actual=$(sum "$binary")
  [ "$actual" = "$expected" ] || die "$binary is not what $sums says: its SHA-256 is $actual, expected $expected; download it again"
fi
[ -n "$dry" ] || version=$("$binary" hookctrl version) || die "$binary does not run here; nothing was changed"

# --- install ---

dirs=
note_dirs() { [ -z "$dirs" ] || [ -n "$dry" ] || printf %s "$dirs" | while read -r dir; do echo "${dir#"$root"}"; done >>"$made"; dirs=; }
trap 'rm -f "$hooks"/*.new.$$ "$local"/sbin/*.new.$$ 2>/dev/null; note_dirs' EXIT
trap 'exit 1' HUP INT TERM

make_dir "$hooks"
put "$binary" "$hooks/hookaot" 755
[ ! -f "$here/config.schema.json" ] || put "$here/config.schema.json" "$hooks/config.schema.json" 644
for driver in $drivers; do
  if { [ -e "$hooks/$driver" ] || [ -L "$hooks/$driver" ]; } && ! is_ours "$hooks/$driver"; then
    make_dir "$hooks/$driver.d"
    put_link ../hookaot "$hooks/$driver.d/50-hookaot"
    say "$hooks/$driver is somebody else's and stays; hookaot is $hooks/$driver.d/50-hookaot, which libvirt 6.5 and later call after it"
    say "if it is the Python hook that hookaot takes the place of: rm $hooks/$driver, then install again"
  else
    put_link hookaot "$hooks/$driver"
    remove "$hooks/$driver.d/50-hookaot"
  fi
done
note_dirs

writable() { # DIR; tried, since busybox's test -w says yes to root on a read-only file system
  existing=$1
  while [ ! -d "$existing" ]; do existing=$(dirname "$existing"); done
  ( : >"$existing/hookaot.new.$$" ) 2>/dev/null && rm -f "$existing/hookaot.new.$$"
}
extra() { # SOURCE TARGET; what is convenient, but not needed
  [ -f "$1" ] || return 0
  make_dir "$(dirname "$2")" && put "$1" "$2" 644
}
if [ -n "$dry" ] || writable "$local"; then
  make_dir "$local/sbin"
  if [ -e "$local/sbin/hookctrl" ] && [ ! -L "$local/sbin/hookctrl" ]; then
    warn "$local/sbin/hookctrl is somebody else's and stays; hookaot's is: /etc/libvirt/hooks/hookaot hookctrl"
  else
    put_link /etc/libvirt/hooks/hookaot "$local/sbin/hookctrl"
  fi
  extra "$here/man/hookctrl.8" "$local/share/man/man8/hookctrl.8"
  extra "$here/man/config.json.5" "$local/share/man/man5/config.json.5"
  for shell in bash:bash-completion/completions/hookctrl zsh:zsh/site-functions/_hookctrl fish:fish/vendor_completions.d/hookctrl.fish; do
    target=$local/share/${shell#*:}
    make_dir "$(dirname "$target")"
    if [ -n "$dry" ]; then echo "would write: $target"; continue; fi
    "$binary" hookctrl completion "${shell%%:*}" >"$target.new.$$"
    mv -f "$target.new.$$" "$target"
  done
  note_dirs
else
  warn "$local cannot be written to: no man pages, and the command is: /etc/libvirt/hooks/hookaot hookctrl"
fi

if has restorecon && [ -z "$root" ]; then run restorecon -R "$hooks" || warn "the SELinux labels of $hooks are not set; libvirt may not run the hook"; fi
has iptables-restore || has nft || [ -n "$root" ] || warn "neither iptables nor nft is installed: nothing can be forwarded without"
has iptables-restore || [ -n "$root" ] || warn "iptables-restore is not on PATH; this version needs it"
tell_libvirt
if [ -z "$root" ] && [ -f "$hooks/config.json" ]; then
  # For guests that run already.
  run "$hooks/hookaot" hookctrl apply || warn "hookctrl apply has failed; what is installed is in order"
fi
[ -n "$dry" ] || say "installed $version; next: hookctrl machine add NAME --private-ip IP"
