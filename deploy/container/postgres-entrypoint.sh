#!/bin/bash
# What the equivalent of the PostgreSQL image starts with: as the published one, a new data folder gets the user, the database and the password
# that POSTGRES_USER, POSTGRES_DB and POSTGRES_PASSWORD_FILE name; then the server runs in the foreground, as the user postgres.
set -euo pipefail
bin=/usr/lib/postgresql/15/bin
data=/var/lib/postgresql/data

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$data" /run/postgresql
    chown -R postgres:postgres "$data" /run/postgresql
    chmod 700 "$data"
    # The secret may be readable by root alone.
    POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
    export POSTGRES_PASSWORD
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$data/PG_VERSION" ]; then
    "$bin/initdb" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 -D "$data"
    echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
    # Until the database is made nobody finds the server on the network.
    "$bin/pg_ctl" -D "$data" -o "-c listen_addresses=''" -w start
    if [ "$POSTGRES_DB" != "$POSTGRES_USER" ] || ! psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --command 'SELECT 1' > /dev/null 2>&1; then
        psql --username "$POSTGRES_USER" --dbname postgres --command "CREATE DATABASE \"$POSTGRES_DB\""
    fi
    "$bin/pg_ctl" -D "$data" -w stop
fi
unset POSTGRES_PASSWORD
exec "$bin/postgres" -D "$data" -c listen_addresses='*'
