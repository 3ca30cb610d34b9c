/** What a guest is told to renew, in words that it gets as arguments: nothing of it becomes part of a script. */
export interface Renewal {
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  /** The address that its network card has, and the one that it is to get. */
  readonly mac: string;
  readonly newMac: string;
}

/** One thing that a fork has from its parent. */
export interface RenewalStep {
  /** For people, as a key of what was renewed. */
  readonly what: string;
  /**
   * For the guest's agent. Prints what the guest has now, nothing where there was nothing to renew; what it prints on stderr is why it
   * could not.
   */
  readonly command: readonly [string, ...string[]];
}

/** What is asked of a guest that is to be another than its parent, in this order: the lease depends on all before it. */
export function planRenewal({ machineId, mac, newMac }: Renewal): RenewalStep[] {
  return [
    { what: 'machine-id', command: shell(MACHINE_ID, machineId) },
    { what: 'ssh host keys', command: shell(HOST_KEYS) },
    { what: 'MAC address', command: shell(MAC_ADDRESS, mac, newMac) },
    { what: 'DHCP lease', command: shell(LEASE, newMac) },
  ];
}

const shell = (script: string, ...args: string[]): RenewalStep['command'] => [
  'sh',
  '-c',
  script,
  'sh',
  ...args,
];

/** Written in place: the file may be mounted by itself. Programs that have read it keep the old one until they are started anew. */
const MACHINE_ID = `
[ -s /etc/machine-id ] || exit 0
for file in /etc/machine-id /var/lib/dbus/machine-id; do
  if [ -f "$file" ] && [ ! -L "$file" ]; then printf '%s\\n' "$1" >"$file" || exit 1; fi
done
echo "$1"
`;

/** Those kinds that the guest had. Who is connected stays so. */
const HOST_KEYS = `
kinds=
for key in /etc/ssh/ssh_host_*_key; do
  [ -f "$key" ] || continue
  kind=\${key##*/ssh_host_}
  kind=\${kind%_key}
  rm -f "$key.new" "$key.new.pub"
  ssh-keygen -q -t "$kind" -N '' -C "root@$(uname -n)" -f "$key.new" </dev/null >&2 || exit 1
  mv "$key.new.pub" "$key.pub" && mv "$key.new" "$key" || exit 1
  kinds="$kinds $kind"
done
[ -n "$kinds" ] || exit 0
if command -v restorecon >/dev/null; then restorecon -F /etc/ssh/ssh_host_* >/dev/null 2>&1; fi
if [ -d /run/systemd/system ]; then
  for unit in ssh.service sshd.service; do
    if systemctl --quiet is-active "$unit"; then systemctl restart "$unit" >&2 || exit 1; fi
  done
elif [ -s /run/sshd.pid ]; then
  kill -HUP "$(cat /run/sshd.pid)" || exit 1
fi
echo $kinds
`;

const FIND_DEVICE = `
find_device() {
  for link in /sys/class/net/*; do
    if [ "$(cat "$link/address")" = "$1" ]; then echo "\${link##*/}"; return; fi
  done
}
`;

/** Also where the old one is written down, to know the card by. The card itself has the new one at its next power-on. */
const MAC_ADDRESS = `${FIND_DEVICE}
device=$(find_device "$1")
[ -n "$device" ] || exit 0
for folder in /etc/systemd/network /etc/netplan /etc/NetworkManager/system-connections /etc/network /etc/udev/rules.d /etc/sysconfig; do
  [ -d "$folder" ] || continue
  grep -rliF "$1" "$folder" | while read -r file; do sed -i "s/$1/$2/Ig" "$file" || exit 1; done || exit 1
done
ip link set dev "$device" down && ip link set dev "$device" address "$2" && ip link set dev "$device" up || exit 1
echo "$2"
`;

/** Whoever has asked for the lease asks for another; nothing tells when there is one but looking. */
const LEASE = `${FIND_DEVICE}
device=$(find_device "$1")
[ -n "$device" ] || exit 0
ip -4 address flush dev "$device" scope global
is_active() { [ -d /run/systemd/system ] && systemctl --quiet is-active "$1"; }
if is_active systemd-networkd; then
  systemctl restart systemd-networkd >&2 || exit 1
elif is_active NetworkManager; then
  nmcli connection reload >&2 && nmcli device connect "$device" >&2 || exit 1
elif pidof dhclient >/dev/null; then
  dhclient -x "$device" >/dev/null 2>&1
  dhclient "$device" >&2 || exit 1
elif pidof udhcpc >/dev/null; then
  # Given up first: it would only prolong the one that its parent has.
  kill -USR2 $(pidof udhcpc) && kill -USR1 $(pidof udhcpc) || exit 1
elif pidof dhcpcd >/dev/null; then
  dhcpcd -n "$device" >&2 || exit 1
else
  echo "none of systemd-networkd, NetworkManager, dhclient, udhcpc and dhcpcd is at work" >&2
  exit 1
fi
tries=300
while [ $tries -gt 0 ]; do
  address=$(ip -4 -o address show dev "$device" scope global | sed -n 's/.* inet \\([0-9.]*\\).*/\\1/p' | head -n 1)
  if [ -n "$address" ]; then echo "$address"; exit 0; fi
  tries=$((tries - 1))
  sleep 0.2
done
echo "$device has got no address within a minute" >&2
exit 1
`;
