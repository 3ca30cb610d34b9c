/** What every initramfs of ours does first: the kernel's file systems, busybox's commands, the modules in their order. */
const PRELUDE = `#!/bin/sh
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt /root
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
# A module without its device does no harm; one that refuses to load is no reason to stop.
while read -r module; do insmod "/modules/$module.ko" 2>/dev/null; done </modules/order
# The value of an option of the kernel's command line, the last one if it is given twice.
option() { tr ' ' '\\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1; }
`;

/** `/init` of a system on a disk: finds `root=`, mounts it and hands over to its own init. */
export const DISK_INIT = `${PRELUDE}
root=$(option root)
init=$(option init)
tries=100
until device=$(findfs "$root" 2>/dev/null); do
  tries=$((tries - 1))
  if [ "$tries" = 0 ]; then
    echo "initramfs: no disk answers to root=$root; these are there:"
    blkid
    exec setsid cttyhack sh
  fi
  sleep 0.1
done
if ! mount -t ext4 "$device" /mnt; then
  echo "initramfs: cannot mount $device (root=$root)"
  exec setsid cttyhack sh
fi
for dir in dev proc sys; do mount -o move "/$dir" "/mnt/$dir"; done
exec switch_root /mnt "\${init:-/sbin/init}"
`;

/** `/init` of the tiny guest: stays in memory, with a shell or a login on every console. */
export const TINY_INIT = `${PRELUDE}
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
hostname tiny
ip link set lo up

# The first byte from a power button is the press.
for event in /sys/class/input/event*; do
  case "$(cat "$event/device/name" 2>/dev/null)" in
    'Power Button' | gpio-keys) (head -c 24 "/dev/input/\${event##*/}" >/dev/null && poweroff) & ;;
  esac
done

for link in /sys/class/net/*; do
  case "\${link##*/}" in lo) ;; *) ip link set "\${link##*/}" up && udhcpc -q -b -S -i "\${link##*/}" >/dev/null 2>&1 & ;; esac
done

password=$(option jumplead.password)
terminals=$(sed 's/tty0/tty1/' /sys/class/tty/console/active)
{
  echo '::ctrlaltdel:/bin/reboot'
  echo '::shutdown:/bin/umount -a -r'
  if [ -n "$password" ]; then
    echo "root:$(mkpasswd -m sha256 "$password"):19000:0:99999:7:::" >/etc/shadow
    chmod 600 /etc/shadow
    for terminal in $terminals; do echo "$terminal::respawn:/bin/getty 115200 $terminal linux"; done
  else
    for terminal in $terminals; do echo "$terminal::respawn:-/bin/sh"; done
  fi
} >/etc/inittab
# From here on the console is for the user; a panic still shows in full.
dmesg -n 4
exec init
`;
