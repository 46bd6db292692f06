# Shared by app/run and tests/run: installs what is missing and builds. Source it; it only defines functions.
# shellcheck shell=bash

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "installing packages needs root or sudo; install these and run again: $*"
    fi
}

# install_packages FILE [build|run|test ...]: apt-installs what FILE lists under those headings and is not there yet.
install_packages() {
    local file=$1 wanted missing=()
    shift
    wanted=$(awk -v sections=" $* " '
        /^#/ { line = substr($0, 3); sub(/[: ].*/, "", line); on = index(sections, " " line " ") > 0; next }
        on { for (i = 1; i <= NF; ++i) print $i }' "$file")
    for package in $wanted; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null || fail "this is not a Debian system; README.md, 'Other systems', says what to install"
    say "Installing ${#missing[@]} packages"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/tmp/chronnect-apt.log 2>&1 ||
        { tail -20 /tmp/chronnect-apt.log >&2; fail "apt-get could not install the packages; the lines above say why"; }
}

# cuda_torch: prints the cmake folder of a LibTorch built for CUDA when this machine has an NVIDIA GPU and such a LibTorch:
# Torch_DIR, an unpacked libtorch beside the checkout or in /opt, or the one inside an installed Python torch. Says what
# is missing when there is a GPU and no such LibTorch. A CUDA toolkit is not needed.
cuda_torch() {
    [ -n "${Torch_DIR:-}" ] && { echo "$Torch_DIR"; return; }
    command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1 || return 0
    local candidate python
    for candidate in "$root/libtorch" "$root/../libtorch" "$HOME/libtorch" /opt/libtorch; do
        [ -f "$candidate/lib/libtorch_cuda.so" ] && { echo "$candidate/share/cmake/Torch"; return; }
    done
    for python in python3 python; do
        candidate=$("$python" -c 'import torch
usable = torch.version.cuda and torch._C._GLIBCXX_USE_CXX11_ABI
print(torch.utils.cmake_prefix_path if usable else "")' 2>/dev/null) || continue
        [ -n "$candidate" ] && { echo "$candidate/Torch"; return; }
    done
    say "There is an NVIDIA GPU but no LibTorch for CUDA: training will run on the processor. Unpack one (2.7 or newer) as"
    say "/opt/libtorch, or install a Python torch 2.7 or newer with CUDA, and run this again."
}

# build_project PRESET [cmake options]: configures once and builds; quiet when nothing changed.
build_project() {
    local preset=$1 jobs
    shift
    # A source file that includes LibTorch needs about 1.5 GB to compile.
    jobs=$(awk -v cores="$(nproc)" '/MemAvailable/ { byMemory = int($2 / 1600000); print byMemory < 1 ? 1 : byMemory < cores ? byMemory : cores }' /proc/meminfo)
    # Objects of app/run and tests/run differ only in what the compiler warns of: let one build feed the other.
    export CCACHE_IGNOREOPTIONS="-Werror"
    say "Building ($preset, $jobs jobs)"
    cmake --preset "$preset" "$@" >"$root/build/$preset-configure.log" 2>&1 ||
        { tail -30 "$root/build/$preset-configure.log" >&2; fail "CMake could not configure the build; the lines above say why"; }
    cmake --build --preset "$preset" -j "$jobs" >"$root/build/$preset-build.log" 2>&1 ||
        { grep -E 'error|FAILED' -A 6 "$root/build/$preset-build.log" | tail -60 >&2; fail "the build failed; see build/$preset-build.log"; }
}
