"""The paths of a stack's state, as a pure function of ``DATA_DIR``.

Plain Python: the settings read it, so nothing here may import Django.
"""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# Unix socket paths end at 107 bytes on Linux and 103 on macOS; Postgres adds its own file name.
LONGEST_SOCKET_DIRECTORY = 80

DATABASE_NAME = "workbench"
DATABASE_USER = "postgres"


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of one stack. Two stacks with different ``data_dir`` share nothing."""

    data_dir: Path

    @property
    def postgres_data(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.data_dir / "valkey"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    @property
    def secret_key(self) -> Path:
        return self.data_dir / "secret_key"

    @property
    def supervisor_state(self) -> Path:
        return self.data_dir / "supervisor.json"

    @property
    def launcher(self) -> Path:
        return self.data_dir / "launcher.json"

    @property
    def lock(self) -> Path:
        return self.data_dir / "lock"

    @property
    def model_port(self) -> Path:
        return self.data_dir / "model-port"

    @property
    def static_fingerprint(self) -> Path:
        return self.data_dir / "static-fingerprint"

    @property
    def beat_schedule(self) -> Path:
        return self.data_dir / "beat-schedule"

    @property
    def sockets(self) -> Path:
        """Return the directory of the Unix sockets: ``data_dir``, or the temporary folder if that path is too long."""
        inside = self.data_dir / "sockets"
        if len(bytes(inside)) <= LONGEST_SOCKET_DIRECTORY:
            return inside
        digest = hashlib.sha256(bytes(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"workbench-{digest}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def database_url(self) -> str:
        return f"postgresql://{DATABASE_USER}@{quote(str(self.sockets), safe='')}/{DATABASE_NAME}"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.valkey_socket}?db=0"
