# The service as an image: hashed dependencies, no compiler, no root, nothing to write but what it remembers, no shell to start it.
#
#   docker build -t cluneal-cds .
#   docker run --rm --read-only -p 127.0.0.1:8000:8000 -v cluneal:/data -e CLUNEAL_OPEN=1 -e CLUNEAL_PUBLIC_BASE_URL=http://localhost:8000 cluneal-cds
#
# What it remembers, and the key to it, lie in the volume. Without one: -e CLUNEAL_DATABASE_URL=off, for what a container keeps in itself is
# lost with it.
#
# Inside a container the service must listen on every address. While it knows no clients it answers anybody who reaches
# that port, so it starts only when CLUNEAL_OPEN=1 says that this is meant; the image does not say it for you.
#
# `make image-check` builds it and tries it; docs/operations.md tells how it is run.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# What is installed for the service has no pip of its own: the one of the other environment installs into it.
RUN python -m venv --without-pip /opt/cluneal && python -m venv /opt/build
COPY requirements.lock requirements-build.lock ./
RUN /opt/build/bin/pip --python /opt/cluneal/bin/python install --require-hashes --only-binary :all: -r requirements.lock \
 && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.lock
COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/build/bin/pip --python /opt/cluneal/bin/python install --no-deps --no-index dist/*.whl \
 && /opt/cluneal/bin/cluneal-cds knowledge check

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="cluneal-cds" \
      org.opencontainers.image.description="A CDS Hooks service for cluneal neuropathy" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/cluneal /opt/cluneal
COPY LICENSE NOTICE /opt/cluneal/
RUN install -d -o 10001 -g 10001 -m 700 /data
# SQLite and Python find no /tmp on a read-only root unless one is mounted; the volume is theirs to write.
ENV PATH=/opt/cluneal/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SQLITE_TMPDIR=/data \
    CLUNEAL_DATABASE_URL=sqlite:////data/cluneal.sqlite \
    CLUNEAL_HOST=0.0.0.0 \
    CLUNEAL_PORT=8000
WORKDIR /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['CLUNEAL_PORT'] + '/livez', timeout=2)"]
ENTRYPOINT ["cluneal-cds"]
CMD ["serve"]
