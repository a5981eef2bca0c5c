"""The real programs that read rule files, and their complaints about a file.

A checker takes a file's text and returns the complaints, "" if there are none. Warnings count
as complaints if the program only warns of lines that can never work. Debian's programs are
installed by .ci/run, the others by make; the tests of a missing program are skipped with a
message, and fail in CI. The meaning of a format, beyond its grammar, is in the format's test.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:{Path(sys.executable).parent}"
# A new namespace needs no root if user namespaces are allowed.
ISOLATED: Final = ("unshare", "--map-root-user", "--net")
NPM: Final = Path(sys.prefix) / "npm" / "node_modules"
_HCL: Final = """
const text = require("fs").readFileSync(process.argv[1], "utf8");
require("@cdktf/hcl2json").parse("it.tf", text).then(
    found => console.log(JSON.stringify(found)),
    error => { console.error(String(error)); process.exit(1); });
"""
_PAC: Final = """
import pacparser, pathlib, sys
pacparser.init()
pacparser.parse_pac_string(pathlib.Path(sys.argv[1]).read_text())
for line in sys.stdin.read().split():
    print(pacparser.find_proxy(line))
"""


def need(*programs: str, modules: tuple[str, ...] = (), npm: tuple[str, ...] = ()) -> None:
    """Skip the test if a checker is missing, with its name; fail it in CI."""
    missing = [each for each in programs if not shutil.which(each, path=PATH)]
    missing += [each for each in modules if not importlib.util.find_spec(each)]
    missing += [each for each in npm if not (NPM / each).is_dir()]
    if missing:
        lacking(", ".join(missing))


def lacking(what: str) -> None:
    """Skip, or in CI fail, a test that cannot run on this machine."""
    message = f"NOT TESTED with the real program: this machine lacks {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def run(
    *command: str | Path, folder: Path, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program in `folder`, with no environment but the paths of programs."""
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": PATH, "PYTHON": sys.executable, "NODE_PATH": str(NPM), "LC_ALL": "C"},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def nft(text: str, folder: Path) -> str:
    """Check by `nft -c` in an empty network namespace."""
    need("nft", "unshare")
    return _complaints(run(*ISOLATED, "nft", "-c", "-f", _file(folder, text), folder=folder))


def iptables(text: str, folder: Path, *, six: bool = False, before: str = "true") -> str:
    """Check by both variants: the one on nftables accepts misspelt targets, the old does not.

    `before` is a shell command that creates what the file refers to, such as sets.
    """
    name = "ip6tables" if six else "iptables"
    programs = f"{name}-legacy-restore", f"{name}-nft-restore"
    need(*programs, "unshare")
    _file(folder, text)
    said = ""
    for program in programs:
        script = f"{before}\n{program} --noflush --test < it"
        said += _complaints(run(*ISOLATED, "sh", "-ec", script, folder=folder))
    return said


def ipset(text: str, folder: Path) -> str:
    """Check by `ipset restore`, which has no dry run, in a network namespace."""
    need("ipset", "unshare")
    return _complaints(run(*ISOLATED, "ipset", "restore", folder=folder, given=text))


def squid(text: str, folder: Path) -> str:
    """Check by `squid -k parse`, which only warns of a name that never matches."""
    need("squid")
    done = run("squid", "-k", "parse", "-f", _file(folder, text), folder=folder)
    odd = [line for line in done.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    return _complaints(done) or "\n".join(odd)


def unbound(text: str, folder: Path) -> str:
    """Check by `unbound-checkconf`."""
    need("unbound-checkconf")
    return _complaints(run("unbound-checkconf", _file(folder, text), folder=folder))


def dnsmasq(text: str, folder: Path) -> str:
    """Check by `dnsmasq --test`."""
    need("dnsmasq")
    return _complaints(run("dnsmasq", "--test", "-C", _file(folder, text), folder=folder))


def zone(text: str, folder: Path, name: str) -> str:
    """Check by `named-checkzone`, for a zone of this name."""
    need("named-checkzone")
    command = ("named-checkzone", "-i", "none", name, _file(folder, text))
    return _complaints(run(*command, folder=folder))


def cloudformation(text: str, folder: Path) -> str:
    """Check by cfn-lint with all of its rules, offline."""
    need("cfn-lint")
    path = folder / "it.json"
    path.write_text(text, "utf-8")
    command = ("cfn-lint", "--regions", "us-east-1", "--", path)
    return _complaints(run(*command, folder=folder))


def hcl(text: str, folder: Path) -> str:
    """Check by HashiCorp's own parser of Terraform files, compiled to WebAssembly."""
    need("node", npm=("@cdktf/hcl2json",))
    return _complaints(run("node", "-e", _HCL, _file(folder, text), folder=folder))


def powershell(text: str, folder: Path) -> str:
    """Check by a grammar of PowerShell, which does not know cmdlets or parameters."""
    need(modules=("tree_sitter", "tree_sitter_powershell"))
    import tree_sitter  # noqa: PLC0415  `need` checks for it
    import tree_sitter_powershell  # noqa: PLC0415

    language = tree_sitter.Language(tree_sitter_powershell.language())
    root = tree_sitter.Parser(language).parse(text.encode()).root_node
    return f"error in {root}" if root.has_error else ""


def routeros(text: str, folder: Path) -> str:
    """Check by a language server that knows the commands of RouterOS; warnings count."""
    need("routeros-lsp")
    path = folder / "it.rsc"
    path.write_text(text, "utf-8")
    return _complaints(run("routeros-lsp", "check", "--strict", path, folder=folder))


def pac(text: str, folder: Path) -> str:
    """Check a proxy auto-configuration file by a real JavaScript engine."""
    return _complaints(_pac(text, folder, []))


def pac_answers(text: str, folder: Path, urls: list[str]) -> list[str]:
    """Return the file's answer for each URL. Fails if the file cannot be read."""
    done = _pac(text, folder, urls)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _pac(text: str, folder: Path, urls: list[str]) -> subprocess.CompletedProcess[str]:
    # In a separate process: the library keeps one engine, and writes errors to stderr.
    need(modules=("pacparser",))
    command = (sys.executable, "-c", _PAC, _file(folder, text))
    return run(*command, folder=folder, given="\n".join(urls))


def _file(folder: Path, text: str) -> Path:
    path = folder / "it"
    path.write_text(text, "utf-8")
    return path


def _complaints(done: subprocess.CompletedProcess[str]) -> str:
    said = f"{done.stdout}{done.stderr}".strip()
    return (said or f"exit status {done.returncode}") if done.returncode else ""
