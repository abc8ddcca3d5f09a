#!/usr/bin/env bash
# Makes, from Debian's own packages, images that stand in for the ones that the Dockerfile and compose.yaml name, for a machine that
# reaches no image registry:
#
#   deploy/container/base-image.sh python       python:3.11-slim-bookworm
#   deploy/container/base-image.sh postgres     postgres:15-bookworm
#
# They are EQUIVALENTS, not the published images: the same Debian release and the same major versions, put together by mmdebstrap. What is
# proved on them is proved for an image like the published one. One that is there already is left alone.
#
# Needs root, mmdebstrap and podman.
set -euo pipefail

release=bookworm
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# base TAG PACKAGES HOOK [CHANGE..]: an image of a minimal Debian with these packages, after HOOK was run ("$1" is its root), with what an
# image says of itself.
base() {
    local tag=$1 packages=$2 hook=$3
    shift 3
    if podman image exists "$tag"; then
        echo "$tag is there."
        return
    fi
    echo "Making an equivalent of $tag from Debian's packages ..."
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --customize-hook="$hook" \
        "$release" "$made/root.tar"
    podman import --quiet --change "LABEL equivalent-of=$tag" "$@" "$made/root.tar" "$tag"
    rm "$made/root.tar"
}

case ${1:-} in
python)
    base docker.io/library/python:3.11-slim-bookworm python3,python3-venv,ca-certificates,tzdata \
        'ln -s /usr/bin/python3 "$1/usr/local/bin/python"'
    ;;
postgres)
    here=$(cd "$(dirname "$0")" && pwd)
    base docker.io/library/postgres:15-bookworm postgresql-15,ca-certificates,tzdata \
        "cp $here/postgres-entrypoint.sh \"\$1/usr/local/bin/\" && rm -rf \"\$1/var/lib/postgresql/15\"" \
        --change 'ENTRYPOINT ["postgres-entrypoint.sh"]' --change 'EXPOSE 5432' --change 'STOPSIGNAL SIGINT' \
        --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
        --change 'VOLUME /var/lib/postgresql/data'
    ;;
*)
    sed -n '2,/^set /p' "$0" | sed '$d' >&2
    exit 2
    ;;
esac
