#!/bin/bash
# Makes dist/hookaot_VERSION-1_ARCH.deb and dist/hookaot-VERSION-1.ARCH.rpm of the binaries in artifacts/. The same
# input gives the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh dpkg-dev rpm

version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)
date=$(sed -n 's:.*<ReleaseDate>\(.*\)</ReleaseDate>.*:\1:p' Directory.Build.props)
SOURCE_DATE_EPOCH=$(date -u -d "$date" +%s)
export SOURCE_DATE_EPOCH
umask 022
mkdir -p dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

summary="port forwarding for libvirt guests behind NAT"
description="HookAot is the libvirt hook that makes services on NAT-ed guests reachable from
outside, from the host and from other guests, with iptables or nft, and
hookctrl, the command that manages and explains these forwards."

stage() { # ROOT BINARY: what both packages contain
  local root=$1 share=$1/usr/share
  install -D -m 755 "$2" "$root/usr/sbin/hookaot"
  ln -s hookaot "$root/usr/sbin/hookctrl"
  install -d "$share/doc/hookaot"
  install -D -m 644 src/config.schema.json "$share/hookaot/config.schema.json"
  install -D -m 644 src/service/hookaot.service "$1/usr/lib/systemd/system/hookaot.service"
  install -d "$share/man/man5" "$share/man/man8"
  install -d "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
  local page
  for page in man8/hookaot.8 man8/hookctrl.8 man5/hookaot.json.5; do
    gzip -9n <"src/man/${page#*/}" >"$share/man/$page.gz"
  done
  # The scripts are the same for every architecture; this machine runs one of the binaries.
  local runs_here=artifacts/linux-x64/hookaot
  $runs_here hookctrl completion bash >"$share/bash-completion/completions/hookctrl"
  $runs_here hookctrl completion zsh >"$share/zsh/vendor-completions/_hookctrl"
  $runs_here hookctrl completion fish >"$share/fish/vendor_completions.d/hookctrl.fish"
  gzip -9n <CHANGELOG.md >"$share/doc/hookaot/changelog.gz"
  cp README.md SECURITY.md "$share/doc/hookaot"
  # Where the links in README lead.
  install -D -m 644 -t "$share/doc/hookaot/src/doc" src/doc/*
}

functions() { grep -hv '^# shellcheck' scripts/packaging/hooks.sh scripts/packaging/service.sh; }

debian_copyright() { # with the text of LICENSE, indented
  cat <<'END'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: HookAot

Files: *
Copyright: 2026 the HookAot authors
License: Expat
END
  sed '1,/^Copyright/d; s/^$/./; s/^/ /' LICENSE | sed '1{/^ \.$/d}'
}
debian_changelog() {
  cat <<END
hookaot ($version-1) unstable; urgency=medium

  * See changelog.gz.

 -- the HookAot authors <hookaot@users.noreply.github.com>  $(date -u -R -d "$date")
END
}
deb() { # DEBIAN-ARCH BINARY
  local root=$work/deb-$1
  script() { # NAME COMMAND
    { printf '#!/bin/sh\nset -e\n'; functions; echo "$2"; } | install -m 755 /dev/stdin "$root/DEBIAN/$1"
  }
  stage "$root" "$2"
  debian_copyright >"$root/usr/share/doc/hookaot/copyright"
  debian_changelog | gzip -9n >"$root/usr/share/doc/hookaot/changelog.Debian.gz"
  install -d "$root/usr/share/lintian/overrides" "$root/DEBIAN"
  cat >"$root/usr/share/lintian/overrides/hookaot" <<END
# One file that runs on any distribution: .NET Native AOT, linked statically on purpose.
hookaot: statically-linked-binary [usr/sbin/hookaot]
# Not made for the Debian archive, so there is no bug to close.
hookaot: initial-upload-closes-no-bugs [usr/share/doc/hookaot/changelog.Debian.gz:1]
END
  cat >"$root/DEBIAN/control" <<END
Package: hookaot
Version: $version-1
Architecture: $1
Maintainer: the HookAot authors <hookaot@users.noreply.github.com>
Section: admin
Priority: optional
Recommends: nftables | iptables
Suggests: libvirt-daemon-system
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Description: $summary
 ${description//$'\n'/$'\n' }
END
  # Shipped, so that dpkg removes it where no other package has it.
  install -d "$root/etc/libvirt/hooks"
  # Debian policy, 6.5: how dpkg calls them, also after something has gone wrong.
  # shellcheck disable=SC2016 # they are expanded there
  {
    script preinst 'if [ "$1" = install ]; then refuse_second; fi'
    script postinst 'case $1 in configure | abort-*) link_hooks; enable_deb; start_service restart ;; esac'
    script prerm 'if [ "$1" = remove ]; then stop_service; unlink_hooks; fi'
    script postrm '
      case $1 in
        remove) reload_units ;;
        purge) rm -f $hooks/config.json $hooks/config.json.before $hooks/config.json.*.tmp; forget_deb ;;
      esac'
  }
  (cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz --build "$root" "dist/hookaot_$version-1_$1.deb" >/dev/null
}

# rpm 4.20 runs scriptlets in a network namespace of their own (its unshare plugin): the rules are in init's.
rpm_scriptlet() {
  printf 'hookctrl() { nsenter --net=/proc/1/ns/net hookctrl "$@"; }\n'
  functions
}
rpm_defines=(
  "_topdir $work/top"
  "_rpmdir $PWD/dist"
  '_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm'
  '_buildhost localhost'
  'use_source_date_epoch_as_buildtime 1'
  'clamp_mtime_to_source_date_epoch 1'
  '__os_install_post %{nil}'
  'debug_package %{nil}'
  '_build_id_links none'
)
rpm_() { # RPM-ARCH BINARY
  local root=$work/rpm-$1
  stage "$root" "$2"
  mv "$root/usr/share/zsh/vendor-completions" "$root/usr/share/zsh/site-functions"
  install -D -m 644 LICENSE "$root/usr/share/licenses/hookaot/LICENSE"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  cat >"$work/hookaot-$1.spec" <<END
Name: hookaot
Version: $version
Release: 1
Summary: ${summary^}
License: MIT
AutoReqProv: no
Recommends: (nftables or iptables)
%description
$description
%install
cp -a $root/. %{buildroot}
%files
/usr/sbin/hookaot
/usr/sbin/hookctrl
/usr/lib/systemd/system/hookaot.service
/usr/share/hookaot
/usr/share/man/man5/hookaot.json.5.gz
/usr/share/man/man8/hookaot.8.gz
/usr/share/man/man8/hookctrl.8.gz
/usr/share/bash-completion/completions/hookctrl
/usr/share/zsh/site-functions/_hookctrl
/usr/share/fish/vendor_completions.d/hookctrl.fish
/usr/share/doc/hookaot
/usr/share/licenses/hookaot
%dir /usr/lib/systemd
%dir /usr/lib/systemd/system
%dir /usr/share/bash-completion
%dir /usr/share/bash-completion/completions
%dir /usr/share/fish
%dir /usr/share/fish/vendor_completions.d
%dir /usr/share/licenses
%dir /usr/share/zsh
%dir /usr/share/zsh/site-functions
%pre
$(functions)
if [ "\$1" = 1 ]; then refuse_second; fi
%post
$(rpm_scriptlet)
link_hooks
if [ "\$1" = 1 ]; then
  enable_rpm
  start_service restart
else
  start_service try-restart
fi
%preun
$(rpm_scriptlet)
if [ "\$1" = 0 ]; then
  disable_rpm
  stop_service
  unlink_hooks
fi
%postun
$(functions)
if [ "\$1" = 0 ]; then reload_units; fi
END
  local defines=() define
  for define in "${rpm_defines[@]}"; do defines+=(--define "$define"); done
  rpmbuild -bb --quiet --target "$1" "${defines[@]}" "$work/hookaot-$1.spec"
}

deb amd64 artifacts/linux-x64/hookaot
rpm_ x86_64 artifacts/linux-x64/hookaot
if [ -f artifacts/linux-arm64/hookaot ]; then
  deb arm64 artifacts/linux-arm64/hookaot
  rpm_ aarch64 artifacts/linux-arm64/hookaot
fi
(cd dist && sha256sum hookaot[_-]"$version"*)
