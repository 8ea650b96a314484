# shellcheck shell=sh
# An upgrade changes no config, and an uninstall keeps it.
/release/install.sh
hookctrl machine add web --private-ip 192.168.122.2
cp $H/config.json /tmp/before
/release/install.sh
cmp /tmp/before $H/config.json || fail "an upgrade changed the config"
says "is kept" /release/install.sh --uninstall || fail "does not say that the config is kept"
cmp /tmp/before $H/config.json || fail "the config is gone"
rm /tmp/before $H/config.json
