"""What the command line asks a person for and nobody else is to see."""

import sys

import click


def secret(word: str, *, from_stdin: bool, again: bool = True) -> str:
    """A password or the like: a line of standard input, or typed unseen, `again` to be sure of it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    said: str = click.prompt(word, hide_input=True, confirmation_prompt=again)
    return said
