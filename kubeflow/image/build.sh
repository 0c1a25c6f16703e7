#!/bin/sh
# Builds the image with docker, podman or buildah, whichever works here, and prints its size.
# Variables: IMAGE (name:tag), BASE_IMAGE (another base), BUILD_ARGS (further arguments).
set -eu
cd "$(dirname "$0")/../.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
image=${IMAGE:-malmoi:$version}
base=${BASE_IMAGE:+--build-arg BASE_IMAGE=$BASE_IMAGE}

choose() {
    for tool in docker podman; do
        if "$tool" info >/dev/null 2>&1; then echo "$tool" && return; fi
    done
    if command -v buildah >/dev/null; then echo buildah && return; fi
    echo "expected one of docker (with its daemon running), podman and buildah" >&2
    return 1
}

tool=$(choose)
# shellcheck disable=SC2086 # both may be several words, or none
"$tool" build --file kubeflow/image/Dockerfile --tag "$image" $base ${BUILD_ARGS:-} .
case $tool in
    buildah) size=$(buildah images --format '{{.Size}}' "$image") ;; # in words: inspect says 0
    *) size="$(($("$tool" image inspect --format '{{.Size}}' "$image") / 1000000)) MB" ;;
esac
echo "$image: $size, built by $tool"
