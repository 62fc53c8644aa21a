#!/usr/bin/env bash
# Makes what `deno task bench:pictures` reads: sets of pictures with near-duplicates of them, and a trunk.
#
#   prepare.sh FOLDER [SEED…]
#
# FOLDER/SEED/pics has 235 pictures to train on and 61 to search with, of 16 classes: random crops of nine photographs of
# @stdlib/datasets-img-*, and pictures of seven groups of OpenMoji. FOLDER/SEED/neardup has the first 235 cropped, at
# 70 % of their size, as JPEG of quality 40. FOLDER/trunk has nsfwjs's MobileNetV2 of width 1.4 (MIT) as files.
# It needs npm, Node.js and the scripts of ../shared/cases; a set takes 8 s.
set -euo pipefail
project=$(cd "$(dirname "$0")/../../.." && pwd)
cases=${CASES:-$project/../shared/cases}
folder=$1
shift
[ $# -gt 0 ] || set -- $(seq 1 10)
mkdir -p "$folder"
folder=$(realpath "$folder")
photographs=(acanthus-mollis airplane-from-above allium-oreophilum black-canyon dust-bowl-home
  french-alpine-landscape locomotion-house-cat march-pastoral nagasaki-boats)
packages=("${photographs[@]/#/@stdlib/datasets-img-}")
packages=("${packages[@]/%/@0.2.3}")
cd "$folder"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-audit --no-fund --ignore-scripts --legacy-peer-deps --save-exact sharp@0.34.5 sharp-phash@2.2.0 \
  openmoji@17.0.0 nsfwjs@4.4.0 "${packages[@]}" >/dev/null

for seed in "$@"; do
  [ -d "$seed/neardup" ] && continue
  mkdir -p "$seed"
  (
    cd "$seed"
    ln -sfn ../node_modules node_modules
    cp "$cases"/{make_pics,neardup}.mjs .
    node make_pics.mjs "$seed" >/dev/null
    node neardup.mjs >/dev/null
    rm ./*.mjs
  )
  echo "$folder/$seed"
done

# The package has its models as modules, with the weights in base64.
[ -f trunk/model.json ] || node --input-type=commonjs - <<'JS'
const fs = require("node:fs");
const from = fs.realpathSync("node_modules/nsfwjs/dist/models/mobilenet_v2_mid");
const read = (name) => { const it = require(`${from}/${name}`); return it.default ?? it; };
const shards = fs.readdirSync(from).filter((name) => name.startsWith("group")).sort();
const model = read("model.min.js");
const weights = model.weightsManifest.flatMap(({ weights }) => weights);
fs.mkdirSync("trunk", { recursive: true });
fs.writeFileSync("trunk/weights.bin", Buffer.concat(shards.map((name) => Buffer.from(read(name), "base64"))));
fs.writeFileSync("trunk/model.json", JSON.stringify({ ...model, weightsManifest: [{ paths: ["weights.bin"], weights }] }));
JS
