"""The verdict with which the demonstration ends."""

import subprocess

import pytest

from scripts import demo


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "verdict"),
    [
        (0, "reconcile: block 7\nreconcile: clean\n", "custodian has not answered\n", "reconcile: clean"),
        (1, "reconcile: block 7\n  order X\n", "Error: reconcile: 1 differences\n", "Error: reconcile: 1 differences"),
        (1, "", "", "reconcile: no answer"),
    ],
)
def test_a_warning_on_the_way_is_not_the_verdict(
    monkeypatch: pytest.MonkeyPatch, code: int, stdout: str, stderr: str, verdict: str
) -> None:
    done = subprocess.CompletedProcess([], code, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert demo.reconcile() == verdict
