#!/bin/sh
# A real user manager: user-manager.sh UID, in a mount namespace of its own (unshare -m), as root. The user has an empty
# home and a cgroup to manage. Prints a line when the manager answers, and ends it when standard input ends.
set -eu

uid=$1
home=$(getent passwd "$uid" | cut -d: -f6)
manager=/lib/systemd/systemd
[ -x "$manager" ] || { echo "$manager is missing: apt install systemd" >&2 && exit 1; }

mount -t tmpfs tmpfs /run
# By this the manager knows that the system runs under systemd (sd_booted(3)).
mkdir -p /run/systemd/system
install -d -m 0700 -o "$uid" -g "$uid" "/run/user/$uid"
mount -t tmpfs -o "mode=0700,uid=$uid,gid=$uid" tmpfs "$home"
mount -t cgroup2 cgroup2 /sys/fs/cgroup
own=/sys/fs/cgroup/sget-test-$$
mkdir "$own"
chown -R "$uid" "$own"
echo $$ >"$own/cgroup.procs"

# What a service left behind ends with its cgroup; we ourselves leave it first.
leave() {
  echo $$ >/sys/fs/cgroup/cgroup.procs
  echo 1 >"$own/cgroup.kill"
  wait
  # The dead leave it a moment later.
  sleep 0.2
  find "$own" -depth -type d -exec rmdir {} + || :
}
trap leave EXIT

as_user() {
  setpriv --reuid "$uid" --regid "$uid" --init-groups \
    env -i HOME="$home" PATH=/usr/bin:/bin LANG=C.UTF-8 XDG_RUNTIME_DIR="/run/user/$uid" "$@"
}

tries_max=200
as_user "$manager" --user --log-target=null &
until as_user systemctl --user is-system-running >/dev/null 2>&1; do
  tries_max=$((tries_max - 1))
  [ "$tries_max" -gt 0 ] || { echo 'the user manager does not answer' >&2 && exit 1; }
  sleep 0.1
done
echo ready

cat >/dev/null
as_user systemctl --user exit || :
