# shellcheck shell=sh
# The service hookaot in the packages' maintainer scripts. Where systemd does not run, in a chroot or a container, it is
# enabled all the same, for the day on which that boots.
reload_units() {
  if [ -d /run/systemd/system ]; then systemctl daemon-reload >/dev/null || true; fi
}

start_service() { # restart, or try-restart
  if [ -d /run/systemd/system ]; then
    reload_units
    invoke "$1" || echo "hookaot: the service could not be started; the hook works without it." \
      "See: systemctl status hookaot.service" >&2
  elif [ ! -x /usr/lib/systemd/systemd ] && [ ! -x /lib/systemd/systemd ]; then
    echo "hookaot: systemd is not here; any supervisor may run this, so that nobody has to run apply:" \
      "/usr/sbin/hookctrl watch"
  fi
}

# Before the rules go, which it would put back.
stop_service() {
  if [ -d /run/systemd/system ]; then invoke stop || true; fi
}

invoke() { # VERB; Debian's tool asks the policy of the host first
  if command -v deb-systemd-invoke >/dev/null; then deb-systemd-invoke "$1" hookaot.service; return; fi
  command -v systemctl >/dev/null && systemctl "$1" hookaot.service
}

# It remembers that the administrator has disabled it, also beyond a removal.
enable_deb() {
  deb-systemd-helper unmask hookaot.service >/dev/null || true
  if deb-systemd-helper --quiet was-enabled hookaot.service; then
    deb-systemd-helper enable hookaot.service >/dev/null || true
  else
    deb-systemd-helper update-state hookaot.service >/dev/null || true
  fi
}

forget_deb() {
  if command -v deb-systemd-helper >/dev/null; then deb-systemd-helper purge hookaot.service >/dev/null || true; fi
}

# Not by presets, which on Fedora leave everything off that is not Fedora's: without it a guest's first lease, for one,
# would go unseen.
enable_rpm() {
  if command -v systemctl >/dev/null; then systemctl --no-reload enable hookaot.service >/dev/null 2>&1 || true; fi
}
disable_rpm() {
  if command -v systemctl >/dev/null; then systemctl --no-reload disable hookaot.service >/dev/null 2>&1 || true; fi
}
