#!/usr/bin/env bash
# Runs the GPU kit.
#
#   run.sh KIT OUT [quick]
#
# OUT gets sparrow.jsonl, torch.jsonl, torch.err and log.txt. Neither part takes more than LIMIT seconds, by
# default 200. Deno is the kit's, else the machine's. Nothing is installed, no network is used, and caches
# go to a temporary folder. The exit code is Sparrow's: 1 where a check failed. PyTorch is run where it is.
set -uo pipefail
kit=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
quick=${3:-}
limit=${LIMIT:-200}
loaders=$(mktemp -d)
trap 'rm -rf "$loaders"' EXIT

say() { printf '\n== %s (%s)\n' "$*" "$(date -u +%T)"; }

# Takes Deno out of the kit; xz or Python does, whichever is there.
find_deno() {
  deno=$(command -v deno || true)
  [ -f "$kit/deno.xz" ] || return 0
  deno=$loaders/deno
  if command -v xz >/dev/null; then
    xz -dc "$kit/deno.xz" >"$deno"
  else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' \
      "$kit/deno.xz" >"$deno"
  fi
  chmod +x "$deno"
  [ "$(sha256sum <"$deno" | cut -d' ' -f1)" = "$(cat "$kit/deno.sha256")" ] ||
    echo "Deno is not the one that was packed: its SHA-256 differs"
}

search_here() { export LD_LIBRARY_PATH="$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; }

# The kit's Vulkan loader and X libraries, beside the machine's own.
unpack_loader() {
  local deb
  for deb in "$kit"/debs/*.deb; do
    [ -f "$deb" ] && { dpkg -x "$deb" "$loaders/root" || (cd "$loaders" && mkdir -p root &&
      ar x "$deb" && tar -xf data.tar.* -C root && rm -f data.tar.*); }
  done 2>/dev/null
  search_here "$loaders/root/usr/lib/x86_64-linux-gnu"
}

# The driver: the system's own list of them, else where container runtimes put NVIDIA's, else a list that is
# written here.
find_driver() {
  local folder list=
  for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
    [ -d "$folder" ] && search_here "$folder"
  done
  [ -n "${VK_DRIVER_FILES:-}" ] && return
  list=$(ls /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json 2>/dev/null)
  if [ -z "$list" ]; then
    ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json 2>/dev/null | grep -q . && return
    list=$(find / -xdev -name 'nvidia_icd*.json' 2>/dev/null | head -n 1)
  fi
  if [ -z "$list" ] && ldconfig -p | grep -q libGLX_nvidia.so.0; then
    list=$loaders/nvidia_icd.json
    echo '{"file_format_version": "1.0.1", "ICD": {"library_path": "libGLX_nvidia.so.0",' \
      '"api_version": "1.3.277"}}' >"$list"
  fi
  [ -n "$list" ] && export VK_DRIVER_FILES=$list
}

adapter() {
  timeout 60 "$deno" eval --no-config --no-lock '
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    console.log("Adapter:", adapter?.info.description ?? "none");
    Deno.exit(adapter === null ? 1 : 0);'
}

# The loader that is there may not know the driver: once more with the kit's.
find_adapter() {
  ldconfig -p | grep -q libvulkan.so.1 || unpack_loader
  find_driver
  adapter && return
  echo "No adapter: once more with the kit's loader"
  unpack_loader
  adapter && return
  echo "No adapter; the loader says:"
  VK_LOADER_DEBUG=all adapter 2>&1 | tail -n 30
}

# Denied: the network, other programs, and to write anything but the results.
sparrow() {
  rm -f "$out/sparrow.jsonl"
  timeout -k 5 "$limit" "$deno" run --no-config --no-lock --no-remote --cached-only --no-prompt \
    --allow-read --allow-env --allow-sys --allow-write="$out/sparrow.jsonl" \
    "$kit/gpu_bench.js" "$kit" "$out/sparrow.jsonl" $quick
}

find_torch() {
  local python
  for python in ${PYTHON:-} python3 /usr/bin/python3 /opt/conda/bin/python3 /usr/local/bin/python3; do
    "$python" -c "import torch, numpy" 2>/dev/null && echo "$python" && return
  done
  return 1
}

torch() {
  local python
  if ! python=$(find_torch); then
    echo "Skipped PyTorch: no python3 that can import torch and numpy"
    return
  fi
  timeout -k 5 "$limit" "$python" "$kit/torch_gpu.py" "$kit/mnist" $quick 2>"$out/torch.err" |
    tee "$out/torch.jsonl" || { echo "PyTorch failed:"; tail -n 3 "$out/torch.err"; }
}

main() {
  local status=0
  say "Machine"
  uname -m
  ldd --version 2>/dev/null | head -n 1
  nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null
  find_deno
  [ -n "$deno" ] || { echo "There is no Deno, neither in the kit nor on this machine"; return 1; }
  export DENO_WEBGPU_BACKEND=vulkan DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
  export HOME=$loaders/home DENO_DIR=$loaders/deno_dir XDG_RUNTIME_DIR=$loaders/xdg
  mkdir -p "$HOME" "$DENO_DIR" "$XDG_RUNTIME_DIR"
  "$deno" --version | head -n 1
  find_adapter
  echo "VK_DRIVER_FILES=${VK_DRIVER_FILES:-} LD_LIBRARY_PATH=${LD_LIBRARY_PATH:-}"
  say "Sparrow"
  sparrow || status=$?
  # Software drivers now and then crash while the process ends, after all is done.
  if [ "$status" -ge 128 ] && tail -n 1 "$out/sparrow.jsonl" | grep -q '"done":true,"ok":true'; then
    echo "All is well; then the process ended with signal $((status - 128))"
    status=0
  fi
  say "PyTorch"
  torch
  say "Done: Sparrow's exit code is $status"
  return "$status"
}

main 2>&1 | tee "$out/log.txt"
