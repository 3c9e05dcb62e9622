"""An exchange on QuickFIX/J: an engine that owes nothing to ours. Built from source, with jars that Maven fetches."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts.progress import ROOT, TOOLS

SOURCES = ROOT / "tests" / "fix" / "java"
MADE = TOOLS / "quickfixj"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
BUILD_SECONDS, START_SECONDS = 300, 60
SETTINGS = """[default]
ConnectionType=acceptor
SocketAcceptAddress=127.0.0.1
SocketAcceptPort={port}
FileStorePath={store}
StartTime=00:00:00
EndTime=00:00:00
UseDataDictionary=Y
DataDictionary=FIX44.xml
ValidateUserDefinedFields=N
[session]
BeginString=FIX.4.4
SenderCompID={comp_id}
TargetCompID=LONJA
"""


def build() -> Path:
    """The folder with jars and classes; skips, loudly, where there is no JDK or no Maven, or jars cannot be had."""
    for program in ("java", "javac", "mvn"):
        if shutil.which(program) is None:
            pytest.skip(f"NOT PROVED against QuickFIX/J: there is no {program} (Debian: default-jdk-headless, maven)")
    if len(list(MADE.glob("quickfixj-*.jar"))) < 2:
        fetch = ["mvn", "-q", "-B", "-f", str(SOURCES / "pom.xml"), COPY, f"-DoutputDirectory={MADE}"]
        fetched = subprocess.run(fetch, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS)
        if fetched.returncode:
            pytest.skip(f"NOT PROVED against QuickFIX/J: Maven cannot fetch its jars: {fetched.stdout[-300:]}")
    compile = ["javac", "-cp", f"{MADE}/*", "-d", str(MADE / "classes"), str(SOURCES / "ExchangeAcceptor.java")]
    subprocess.run(compile, check=True, timeout=BUILD_SECONDS)
    return MADE


@contextmanager
def running(
    port: int, *, comp_id: str = "MERCADO", reports: bool = False, folder: Path | None = None
) -> Iterator[Path]:
    """The exchange, listening there; yields the file with what it prints. A folder that is given again is resumed."""
    made = build()
    folder = folder or Path(tempfile.mkdtemp(prefix="quickfixj-"))
    settings, said = folder / "session.cfg", folder / "said"
    settings.write_text(SETTINGS.format(port=port, store=folder / "store", comp_id=comp_id))
    classes = f"{made / 'classes'}:{made}/*"
    command = ["java", "-Xmx128m", "-cp", classes, "ExchangeAcceptor", str(settings), *(["reports"] if reports else [])]
    with said.open("wb") as output:
        exchange = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(said, "listening", exchange)
            yield said
        finally:
            exchange.communicate(timeout=START_SECONDS)


def wait_for(said: Path, word: str, exchange: "subprocess.Popen[bytes] | None" = None) -> None:
    """Until it has printed that."""
    deadline = time.monotonic() + START_SECONDS
    while word not in said.read_text(errors="replace"):
        assert exchange is None or exchange.poll() is None, said.read_text(errors="replace")[-2000:]
        assert time.monotonic() < deadline, said.read_text(errors="replace")[-2000:]
        time.sleep(0.05)
