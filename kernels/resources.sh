#!/usr/bin/env bash
# What the compiler makes of every kernel: registers, memory, code size, for each target that the manifest names; PTX for
# sm_80 also as Hopper compiles it (sm_90). Fails where a kernel does not compile, spills registers, or has a stack frame
# that its manifest entry gives no reason for (Stack="...").
#
#   kernels/resources.sh                 prints the table
#   kernels/resources.sh --write         keeps it in kernels/resources.tsv, which 'weir kernels' shows
#   kernels/resources.sh --check         fails where the kept one is another, for the nvcc that made it
#
# PTX=FOLDER: take what a build has compiled (src/Kernels/obj/ptx) instead of compiling it again.
set -euo pipefail
cd "$(dirname "$0")"
bin=${CUDA_PATH:+$CUDA_PATH/bin/}
export nvcc=${bin}nvcc ptxas=${bin}ptxas
command -v "$nvcc" > /dev/null || { echo "no nvcc in CUDA_PATH or PATH; kernels/setup-nvcc.sh brings one" >&2; exit 2; }
work=$(mktemp -d)
export work
trap 'rm -rf "$work"' EXIT

# One manifest entry: FILE TARGET REASON. Writes its rows to a file of its own.
measure() {
  local file=$1 target=$2 reason=$3 name ptx
  name=$(basename "$file" .cu)
  ptx=${PTX:-$work}/$name.$target.ptx
  if [ ! -e "$ptx" ]; then
    "$nvcc" -std=c++17 -fmad=false "-gencode=arch=compute_${target#sm_},code=compute_${target#sm_}" -ptx "$file" -o "$ptx" || { echo "$file does not compile for $target" >&2; return 1; }
  fi
  for code in $( [ "$target" = sm_80 ] && echo sm_80 sm_90 || echo "$target" ); do
    local cubin=$work/$name.$code.cubin log=$work/$name.$code.log
    "$ptxas" -v "-arch=$code" "$ptx" -o "$cubin" > "$log" 2>&1 || { cat "$log" >&2; echo "$file: ptxas does not take it for $code" >&2; return 1; }
    size -A "$cubin" 2> /dev/null > "$work/$name.$code.size"
    awk -v file="$file" -v target="$code" -v reason="$reason" '
      FNR == NR { if ($1 ~ /^\.text\./) bytes[substr($1, 7)] = $2; next }
      /Compiling entry function/ { split($0, part, "\047"); kernel = part[2]; entry = 1; next }
      /Function properties for/ { if ($NF != kernel) entry = 0; next }
      entry && /bytes stack frame/ { stack = $1; stores = $5; loads = $9; next }
      entry && /Used [0-9]+ registers/ {
        shared = 0
        registers = 0
        for (i = 1; i < NF; i++) {
          if ($(i + 1) ~ /^registers/) registers = $i
          if ($(i + 2) ~ /^smem/) shared = $i
        }
        print file, kernel, target, registers, shared, stack, stores, loads, bytes[kernel], (stack > 0 ? reason : "")
      }' OFS='\t' "$work/$name.$code.size" "$log" > "$work/$name.$code.rows"
  done
}
export -f measure

# Attributes of the manifest's lines, a line each: file, target, reason.
sed -nE 's|.*<CudaKernel Include="\$\(MSBuildThisFileDirectory\)([^"]+)" For="([^"]+)"( Stack="([^"]*)")?.*|\1\n\2\n\4|p' manifest.props |
  tr '\n' '\0' | xargs -0 -n 3 -P "$(nproc)" bash -c 'measure "$@"' measure

version=$("$nvcc" --version | sed -nE 's/.*, V([0-9.]+)$/\1/p')
{
  printf '# nvcc %s\nfile\tkernel\ttarget\tregisters\tshared bytes\tstack bytes\tspill stores\tspill loads\tcode bytes\treason of the stack\n' "$version"
  cat "$work"/*.rows | LC_ALL=C sort
} > "$work/table"

[ "${1:-}" != --write ] || cp "$work/table" resources.tsv
awk -F '\t' 'NR > 2 && $7 + $8 > 0 { print $2 " of " $1 " spills registers on " $3; bad = 1 }
  NR > 2 && $6 > 0 && $10 == "" { print $2 " of " $1 " has a stack frame of " $6 " bytes on " $3 ", and the manifest gives no reason for it"; bad = 1 }
  END { exit bad }' "$work/table" >&2

case ${1:-} in
  --write) ;;
  --check)
    if [ "$(head -n 1 resources.tsv)" != "# nvcc $version" ]; then
      echo "kernels/resources.tsv is of another compiler ($(head -n 1 resources.tsv | cut -c 3-)) than this nvcc $version: not compared"
    elif ! diff -u resources.tsv "$work/table" >&2; then
      echo "kernels/resources.tsv is out of date: kernels/resources.sh --write" >&2
      exit 1
    fi ;;
  *) cat "$work/table" ;;
esac
