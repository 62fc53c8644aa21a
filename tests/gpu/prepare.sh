#!/usr/bin/env bash
# Makes the GPU kit: a folder that runs where there is neither a network nor Deno.
#
#   prepare.sh KIT [quick]
#
# MNIST and GOLDEN name the folders of the data and of the golden values, by default those of ../shared.
# The whole kit takes two minutes and 48 MB; it needs xz, and apt for Debian's Vulkan loader. With `quick`
# it leaves out Deno and the loader, for this machine has them.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
mnist=${MNIST:-$project/../shared/mnist}
golden=${GOLDEN:-$project/../shared/golden}
quick=${2:-}
mkdir -p "$1/mnist" "$1/golden" "$1/debs"
kit=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The program and everything that it imports, in one file.
(cd "$project" && deno bundle --quiet --lock=tests/deno.lock --frozen --platform deno -o "$kit/gpu_bench.js" tests/gpu/gpu_bench.ts)
cp "$project"/tests/gpu/{torch_gpu.py,run.sh} "$kit/"
install -m 644 "$mnist"/*.gz "$kit/mnist/"
install -m 644 "$golden"/kwta_{hard,soft}.json "$kit/golden/"
[ "$quick" = quick ] && exit

deno=$(deno eval 'console.log(Deno.execPath())')
sum=$(sha256sum <"$deno" | cut -d' ' -f1)
if [ "$(cat "$kit/deno.sha256" 2>/dev/null)" != "$sum" ]; then
  xz -T0 -6 -c "$deno" >"$kit/deno.xz"
  echo "$sum" >"$kit/deno.sha256"
fi

# The Vulkan loader, and the X libraries without which NVIDIA's driver may refuse to load. Package lists of
# their own, so that nothing of this machine's changes.
if ! ls "$kit"/debs/*.deb >/dev/null 2>&1; then
  mkdir -p "$work/lists/partial"
  options=(-qq -o APT::Architecture=amd64 -o APT::Architectures=amd64 -o "Dir::State::Lists=$work/lists")
  apt-get "${options[@]}" update
  cd "$kit/debs"
  for package in libvulkan1 libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0 libegl1 \
    libglvnd0 libgl1 libglx0; do
    apt-get "${options[@]}" download "$package" || echo "The kit lacks $package: apt has none" >&2
  done
  # Versions have characters that some ways of copying refuse.
  for deb in *.deb; do mv "$deb" "${deb%%_*}.deb"; done
fi
du -sh "$kit"
