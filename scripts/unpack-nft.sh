#!/bin/sh
# Unpacks the nft of Debian 11, 12 and 13 side by side, for tests: DIRECTORY/<suite>/nft runs it with its own libraries.
# The packages come from where apt gets this host's own, and apt checks their signatures. Needs: apt, dpkg-deb.
set -eu
directory=${1:?usage: unpack-nft.sh DIRECTORY}
suites="bullseye bookworm trixie"
libraries="libc6 libnftables1 libnftnl11 libmnl0 libgmp10 libjansson4 libedit2 libtinfo6 libbsd0 libmd0 libxtables12"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mirror() {
  # shellcheck disable=SC2016 # text for apt-get
  apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(RELEASE)' |
    awk '$2 == "main" && $1 ~ "/debian/?$" && $3 !~ "-" { print $1; exit }'
}

apt_of() { # SUITE COMMAND ...; apt with files of its own, none of the host's
  root=$directory/$1/apt
  shift
  apt-get -qq -o Dir::Etc::SourceList="$root/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State="$root/state" \
    -o Dir::State::Status="$root/status" -o Dir::Cache="$root/cache" -o APT::Sandbox::User=root "$@"
}

unpack() { # SUITE
  mkdir -p "$directory/$1/apt/state/lists/partial" "$directory/$1/apt/cache/archives/partial" "$directory/$1/debs"
  echo "deb [signed-by=$keyring] $mirror $1 main" >"$directory/$1/apt/sources.list"
  : >"$directory/$1/apt/status"
  apt_of "$1" update
  readline=libreadline8
  [ "$1" != trixie ] || readline=libreadline8t64
  # shellcheck disable=SC2086
  (cd "$directory/$1/debs" && apt_of "$1" download nftables $readline $libraries)
  for deb in "$directory/$1/debs/"*.deb; do dpkg-deb -x "$deb" "$directory/$1/root"; done
  write_command "$1"
}

write_command() { # SUITE; the loader is named, since each has a libc of its own
  lib=$directory/$1/root/lib/x86_64-linux-gnu
  [ -e "$lib/ld-linux-x86-64.so.2" ] || lib=$directory/$1/root/usr/lib/x86_64-linux-gnu
  path=$directory/$1/root/lib/x86_64-linux-gnu:$directory/$1/root/usr/lib/x86_64-linux-gnu
  nft=$(find "$directory/$1/root" -path '*/sbin/nft' | head -n 1)
  {
    echo '#!/bin/sh'
    echo "exec '$lib/ld-linux-x86-64.so.2' --library-path '$path' '$nft' \"\$@\""
  } >"$directory/$1/nft"
  chmod 755 "$directory/$1/nft"
  "$directory/$1/nft" --version
}

mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
mirror=$(mirror)
for suite in $suites; do
  [ -x "$directory/$suite/nft" ] || unpack "$suite"
done
