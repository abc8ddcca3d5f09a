#!/usr/bin/env bash
# Builds the image of the Dockerfile: deploy/container/build.sh [TAG], cluneal-cds:latest unless it is named.
#
# With buildah where there is one (no daemon is needed), else with docker. A machine that installs Python packages through a mirror of its own
# hands its pip.conf and its certificates to the build; nothing of them is left in the image.
# SOURCE_DATE_EPOCH, when it is set, is the time of every file that the build makes.
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:-cluneal-cds:latest}

if ! command -v buildah > /dev/null; then
    exec docker build --tag "$tag" .
fi
options=(--isolation chroot --format docker --tag "$tag")
for conf in "${PIP_CONFIG_FILE:-}" "$HOME/.config/pip/pip.conf" /etc/pip.conf; do
    if [ -f "$conf" ]; then
        options+=(--volume "$conf:/etc/pip.conf:ro")
        break
    fi
done
certificates=/etc/ssl/certs/ca-certificates.crt
[ -f "$certificates" ] && options+=(--volume "$certificates:$certificates:ro")
[ -n "${SOURCE_DATE_EPOCH:-}" ] && options+=(--timestamp "$SOURCE_DATE_EPOCH")
# What was made here (base-image.sh) is used as it is; else the newest of that name is fetched.
base=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' Dockerfile | tail -1)
if buildah inspect --type image "docker.io/library/$base" > /dev/null 2>&1; then
    options+=(--pull-never)
fi
exec buildah bud "${options[@]}" .
