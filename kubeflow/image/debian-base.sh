#!/bin/sh
# Makes a base for the image where none can be pulled: Debian's smallest system by debootstrap, and
# in /usr/local the Python 3.10 of this machine, for Debian itself has another.
# As root, on the Debian that the base is to be: Python wants the libraries that it was linked with.
# Variables: IMAGE (name:tag), PYTHON (a Python 3.10 or an environment's), MIRROR (Debian's address).
set -eu
cd "$(dirname "$0")/../.."

image=${IMAGE:-localhost/python:3.10-slim}
python=${PYTHON:-.venv/bin/python}
mirror=${MIRROR:-http://deb.debian.org/debian}
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

prefix=$("$python" -c 'import sys; assert sys.version_info[:2] == (3, 10); print(sys.base_prefix)')
if [ "$prefix" = /usr ]; then
    echo "expected a Python in a folder of its own, got the system's; set PYTHON" >&2
    exit 1
fi

# The packages of the libraries that Python and its modules load; an older dpkg knows them in /lib.
libraries() {
    find "$prefix/bin" "$prefix/lib" -type f \( -name 'python3.10' -o -name '*.so*' \) -exec ldd {} + |
        awk '$2 == "=>" && $3 ~ "^/" {print $3}' | sort -u | grep -v "^$prefix/"
}
packages=$(for file in $(libraries); do
    dpkg -S "$file" 2>/dev/null || dpkg -S "/usr$file"
done | cut -d: -f1 | sort -u | paste -sd,)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
root=$folder/root
debootstrap --variant=minbase --include="ca-certificates,$packages" "$suite" "$root" "$mirror"
cp -a "$prefix"/bin/python3* "$root/usr/local/bin/"
cp -a "$prefix/include" "$prefix/lib" "$root/usr/local/"
ln -s python3.10 "$root/usr/local/bin/python"
rm -rf "$root"/usr/local/lib/python3.10/site-packages/* # what this machine has installed
# Extensions are built by the paths that Python has noted when it was built itself.
grep -rlI "$prefix" "$root/usr/local" | xargs -r sed -i "s|$prefix|/usr/local|g"

# Where images cannot be pulled, packages often come from a mirror with a certificate of its own.
cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
if [ -f /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/"; fi
chroot "$root" sh -c 'ldconfig && update-ca-certificates'
chroot "$root" /usr/local/bin/python -m ensurepip --default-pip
chroot "$root" /usr/local/bin/python -c 'import bz2, ctypes, lzma, sqlite3, ssl, venv, zlib'
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if docker info >/dev/null 2>&1; then
    tar -C "$root" -c . | docker import --change "ENV PATH=$path" - "$image"
elif podman info >/dev/null 2>&1; then
    tar -C "$root" -c . | podman import --change "ENV PATH=$path" - "$image"
else
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$root" /
    buildah config --env "PATH=$path" "$container"
    buildah commit --rm "$container" "$image"
fi
