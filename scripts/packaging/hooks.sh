# shellcheck shell=sh
# What the packages do after they are unpacked and before they are removed; part of the .deb's and the .rpm's maintainer scripts.
tell_libvirt() { # it looks for hooks at its start and on reload
  [ -d /run/systemd/system ] || return 0
  for unit in libvirtd virtqemud virtlxcd virtnetworkd; do
    if systemctl is-active --quiet "$unit"; then systemctl reload "$unit" || true; fi
  done
}
link_hooks() {
  mkdir -p /etc/libvirt/hooks
  for hook in /etc/libvirt/hooks/qemu /etc/libvirt/hooks/lxc /etc/libvirt/hooks/network; do
    if { [ -e "$hook" ] || [ -L "$hook" ]; } && [ "$(readlink "$hook")" != /usr/sbin/hookaot ]; then
      mkdir -p "$hook.d"
      ln -sf /usr/sbin/hookaot "$hook.d/50-hookaot"
      echo "hookaot: $hook is somebody else's and stays; libvirt calls $hook.d/50-hookaot after it"
    elif [ ! -L "$hook" ]; then
      ln -s /usr/sbin/hookaot "$hook"
    fi
  done
  tell_libvirt
  # For guests that run already.
  if [ -f /etc/libvirt/hooks/config.json ]; then hookctrl apply || true; fi
}
unlink_hooks() {
  mkdir -p /etc/libvirt/hooks
  hookctrl apply --stop-all >/dev/null || true
  for hook in /etc/libvirt/hooks/qemu /etc/libvirt/hooks/lxc /etc/libvirt/hooks/network; do
    if [ "$(readlink "$hook")" = /usr/sbin/hookaot ]; then rm -f "$hook"; fi
    if [ -L "$hook.d/50-hookaot" ]; then rm -f "$hook.d/50-hookaot"; rmdir "$hook.d" 2>/dev/null || true; fi
  done
  rm -rf /run/hookaot
  tell_libvirt
}
