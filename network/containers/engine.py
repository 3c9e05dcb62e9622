"""The container engine, by its command line: `docker`, and `docker compose` or the older `docker-compose`.

Standard library only: `make clean` comes here before there is an environment.
"""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from network.errors import NetworkError

_ASK_SECONDS = 30.0
_MAKE_SECONDS = 900.0  # an image may have far to come
_LAST_LINES = 6
_LIBRARY = re.compile(r"(/\S+)\s+\(0x")
FILE, AUTHORITIES = "containers.yaml", "authorities.yaml"  # of a network whose containers we start, in its folder
FILES = (FILE, AUTHORITIES)
USER = 10001  # who runs in the images that are made here, and for a root who starts others


@dataclass(frozen=True)
class Composed:
    """The containers of one compose file. Two files are never taken for one: the project is named by its folder."""

    file: Path

    @property
    def project(self) -> str:
        return f"lonja-{sha256(str(self.file.resolve()).encode()).hexdigest()[:8]}"

    def command(self, *words: str) -> list[str]:
        return [*compose(), "--project-name", self.project, "--file", str(self.file), *words]

    def down(self) -> None:
        """Stop and remove every container; what they wrote stays in the state folder."""
        run(self.command("down", "--timeout", "8", "--volumes", "--remove-orphans"), _MAKE_SECONDS)

    def is_left(self) -> bool:
        """Whether the engine still has a container or a network of it."""
        label = ("--quiet", "--filter", f"label=com.docker.compose.project={self.project}")
        return any(run([_docker(), *words, *label], _ASK_SECONDS) for words in (("ps", "--all"), ("network", "ls")))


def compose() -> list[str]:
    """The program that reads compose files; raises NetworkError where there is none."""
    docker = _docker()
    asked = subprocess.run([docker, "compose", "version"], capture_output=True, check=False, timeout=_ASK_SECONDS)
    if asked.returncode == 0:
        return [docker, "compose"]
    if found := shutil.which("docker-compose"):
        return [found]
    raise NetworkError(
        "neither `docker compose` nor docker-compose is there; on Debian: apt-get install docker-compose"
    )


def refuse_silent() -> None:
    """Return when an engine answers; raises NetworkError saying what is wrong otherwise."""
    compose()
    try:
        run([_docker(), "version", "--format", "{{.Server.Version}}"], _ASK_SECONDS)
    except NetworkError as error:
        raise NetworkError(
            f"no container engine answers: {error}\nStart it (systemctl start docker), or name it in DOCKER_HOST"
        ) from error


def has(image: str) -> bool:
    asked = subprocess.run(
        [_docker(), "image", "inspect", image], capture_output=True, check=False, timeout=_ASK_SECONDS
    )
    return asked.returncode == 0


def get(image: str) -> None:
    """Have the image here, from wherever its name leads; raises NetworkError with the engine's words."""
    if not has(image):
        run([_docker(), "pull", "--quiet", image], _MAKE_SECONDS)


def make(image: str, programs: Sequence[Path], links: Sequence[str] = ()) -> None:
    """An image from nothing but programs of this machine and the libraries that they need.

    The first program answers to `links` too, which is how busybox is a shell.
    """
    files = {f"usr/local/bin/{program.name}": program for program in programs}
    for program in programs:
        files |= {str(library).lstrip("/"): library for library in _libraries(program)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, path in sorted(files.items()):
            tar.addfile(_entry(name, path.stat().st_size), io.BytesIO(path.read_bytes()))
        for name in links:
            entry = _entry(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, f"/usr/local/bin/{programs[0].name}"
            tar.addfile(entry)
    words = ["import", "--change", f"USER {USER}", "--change", f'ENTRYPOINT ["/usr/local/bin/{programs[0].name}"]']
    run([_docker(), *words, "-", image], _MAKE_SECONDS, packed.getvalue())


def run(argv: Sequence[str], seconds: float, given: bytes = b"") -> str:
    """Run a command of the engine's and return what it prints; raises NetworkError with its last words."""
    try:
        done = subprocess.run(argv, input=given, capture_output=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NetworkError(f"`{' '.join(argv[:3])}` does not end well: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
        raise NetworkError("\n".join(said.splitlines()[-_LAST_LINES:]))
    return done.stdout.decode(errors="replace").strip()


def _entry(name: str, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o755
    return entry


def _libraries(program: Path) -> list[Path]:
    """The shared libraries that a program is loaded with; none where it is static."""
    told = subprocess.run(
        [shutil.which("ldd") or "ldd", program], capture_output=True, text=True, check=False, timeout=_ASK_SECONDS
    ).stdout
    return [Path(found) for found in _LIBRARY.findall(told)]


def _docker() -> str:
    found = shutil.which("docker")
    if found is None:
        raise NetworkError("there is no program docker; on Debian: apt-get install docker.io docker-compose")
    return found
