"""Scripts for machines without Python: what they are, and what is made of what they print."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from typing import Any

import pytest

from tests.audit.samples import snapshot
from tests.formats.samples import SAMPLES, entry
from tests.support import checkers
from tests.verify.authorities import Authority
from tests.verify.test_command import stored
from tracker.errors import UsageError
from tracker.model import Service
from tracker.verify.plan import ProbeTarget, ProbeTask, plan_tasks
from tracker.verify.scripts import KINDS, render_script
from tracker.verify.scripts.contents import ScriptContents

HOSTILE = (
    "x'; touch got-here #\u2019\"\n$(touch got-here) `touch got-here` @'\r\n'@ \\ %s 'PROBES'"
)
TLS = Service("tcp", 443, 443, "HTTPS")
# What the script for PowerShell calls, with the parameters of each
# (https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.utility/, 5.1).
CMDLETS = {
    "New-Object": set(),
    "Select-Object": {"First"},
    "ForEach-Object": set(),
    "ConvertTo-Json": {"InputObject", "Depth", "Compress"},
    "Write-Output": set(),
}
TYPES = {
    *("int", "string", "hashtable", "Exception", "ordered", "Environment", "Math", "DateTime"),
    *("System.IO.File", "System.IO.IOException", "System.Diagnostics.Stopwatch"),
    *("System.Net.Dns", "System.Net.IPAddress", "System.Net.Sockets.SelectMode"),
    *("System.Net.Sockets.SocketException", "System.Security.Authentication.SslProtocols"),
    "System.Net.Security.RemoteCertificateValidationCallback",
    "System.Globalization.CultureInfo",
}
OBJECTS = {
    *("System.Net.Sockets.TcpClient", "System.Net.Sockets.UdpClient", "byte[]"),
    *("System.Net.Security.SslStream",),
    "System.Security.Cryptography.X509Certificates.X509Certificate2",
}


def script(kind: str, *entries, **changes: Any) -> str:
    fields = {"source": "action1", "version": 3, "digest": "0" * 64, "timeout": 1} | changes
    return render_script(kind, ScriptContents(**fields), plan_tasks(entries, {}))


def nodes(node: Any, kind: str):
    if node.type == kind:
        yield node
    for child in node.children:
        yield from nodes(child, kind)


def parse_powershell(text: str) -> Any:
    checkers.need(modules=("tree_sitter", "tree_sitter_powershell"))
    import tree_sitter  # noqa: PLC0415  named above where it is missing
    import tree_sitter_powershell  # noqa: PLC0415

    language = tree_sitter.Language(tree_sitter_powershell.language())
    return tree_sitter.Parser(language).parse(text.encode()).root_node


@pytest.mark.parametrize("source", ["action1", HOSTILE])
def test_the_script_for_powershell_is_its_grammar_s_and_calls_what_is_known(source) -> None:
    text = script("powershell", *SAMPLES["2024-04-all"].entries, source=source, digest=source)
    root = parse_powershell(text)
    assert not root.has_error
    own = {
        next(nodes(each, "function_name")).text.decode()
        for each in nodes(root, "function_statement")
    }
    for each in nodes(root, "command"):
        name = next(nodes(each, "command_name")).text.decode()
        given = {one.text.decode().lstrip("-") for one in nodes(each, "command_parameter")}
        assert name in own | set(CMDLETS), name
        assert given <= CMDLETS.get(name, set()), (name, given)
    assert {each.text.decode() for each in nodes(root, "type_spec")} <= TYPES
    made = re.findall(r"New-Object ([\w.]+(?:\[\])?|byte\[\])", text)
    assert set(made) <= OBJECTS | {"byte"}
    assert text.isascii() or source == HOSTILE
    # The text arrives as one literal, whatever is in it.
    literals = {each.text.decode() for each in nodes(root, "verbatim_string_characters")}
    plain = re.sub(r"[\r\n]", " ", source)
    assert {re.sub("(['\u2019])\\1", r"\1", each[1:-1]) for each in literals} >= {plain}


def test_the_script_for_a_shell_takes_hostile_text_for_text(tmp_path) -> None:
    """It is run: what it prints has the text, and nothing of it was executed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = script("sh", entry("127.0.0.1", ports=(port,)), source=HOSTILE, digest=HOSTILE)
        (tmp_path / "verify.sh").write_text(text)
        checkers.need("dash", "curl")
        ran = checkers.run("dash", "verify.sh", folder=tmp_path)
    assert ran.stderr == ""
    printed = json.loads(ran.stdout)
    assert (printed["source"], printed["digest"]) == (HOSTILE, HOSTILE)
    [attempt] = printed["attempts"]
    assert (attempt["state"], attempt["port"]) == ("open", port)
    assert [each.name for each in tmp_path.iterdir()] == ["verify.sh"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "target", ["$(reboot)", "-x", "a b", "a'b", "a\nb", "a;b", "ä.example"]
)
def test_what_is_no_name_is_in_no_script(kind, target) -> None:
    [task] = plan_tasks([entry("192.0.2.1")], {})
    odd = ProbeTask(task.endpoint, (), "", None, (ProbeTarget(target, "tcp", 443),))
    contents = ScriptContents("action1", 1, "0", 1)
    with pytest.raises(UsageError, match="is not a name that a script may hold"):
        render_script(kind, contents, [odd])


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_tries_what_the_program_would_by_tcp(kind) -> None:
    entries = SAMPLES["2024-04-all"].entries
    text = script(kind, *entries)
    probes = [each for task in plan_tasks(entries, {}) for each in task.probes]
    assert len(probes) > 30
    for each in probes:
        assert (each.target in text) == (each.protocol == "tcp")
    assert "49152" not in text
    assert " lan" not in text


def test_a_shell_script_without_tools_says_what_it_cannot_try(tmp_path) -> None:
    checkers.need("dash")
    rows = [
        entry("127.0.0.1", ports=(80,)),
        entry("a.example.com"),
        entry("127.0.0.2", services=(TLS,)),
    ]
    (tmp_path / "verify.sh").write_text(script("sh", *rows))
    (tmp_path / "bin").mkdir()
    for tool in (
        "awk",
        "cat",
        "cut",
        "date",
        "head",
        "mktemp",
        "rm",
        "sed",
        "tail",
        "tr",
        "uname",
    ):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool, path=checkers.PATH) or "")
    dash = shutil.which("dash", path=checkers.PATH) or ""
    ran = subprocess.run(
        [dash, "verify.sh"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path / "bin")},
        capture_output=True,
        timeout=30,
        check=True,
    )
    found = {each["target"]: each["detail"] for each in json.loads(ran.stdout)["attempts"]}
    assert found == {
        "127.0.0.1": "neither curl nor nc is here to connect with",
        "127.0.0.2": "no openssl is here to shake hands with",
        "a.example.com": "no getent is here to look names up with",
    }


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="no PowerShell on this machine")
def test_the_script_for_powershell_runs(tmp_path, fwtracker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ports = (server.getsockname()[1], closed.getsockname()[1])
        stored(tmp_path, entry("127.0.0.1", ports=ports))
        (tmp_path / "verify.ps1").write_text(fwtracker("verify", "--script", "powershell").out)
        ran = checkers.run("pwsh", "-File", "verify.ps1", folder=tmp_path)
    assert ran.stderr == ""
    (tmp_path / "pc.json").write_text(ran.stdout)
    report = fwtracker("verify", "--json", "--read", "pc.json").json
    [machine] = report["machines"]
    assert [each["state"] for each in machine["results"]] == ["open", "refused"]


# What the scripts print of one target after the other.
ATTEMPTS = [
    {
        "target": "a.example.com",
        "name": "a.example.com",
        "address": "192.0.2.1",
        "state": "open",
    },
    {"target": "192.0.2.1", "name": "a.example.com", "address": "192.0.2.1", "state": "open"},
    {
        "target": "b.example.com",
        "name": "b.example.com",
        "address": "192.0.2.2",
        "state": "open",
    },
    {
        "target": "c.example.com",
        "name": "c.example.com",
        "address": "192.0.2.3",
        "state": "open",
    },
    {"target": "192.0.2.9", "address": "192.0.2.9", "state": "blocked", "detail": "no answer"},
    {"target": "192.0.2.8", "address": "192.0.2.8", "state": "melted"},
]
NAMES = {
    "a.example.com": ("CN=Public CA, O=Public", "CN=Public CA, O=Public"),
    "b.example.com": ("CN=Inspection CA, O=Inspection", "CN=Inspection CA, O=Inspection"),
    "c.example.com": ("O = Below, CN = Below CA", "O = Public, CN = Public CA"),
}
ROWS = (
    entry("a.example.com", "192.0.2.1", services=(TLS,)),
    entry("b.example.com", services=(TLS,)),
    entry("c.example.com", "192.0.2.77", services=(TLS,)),
    entry("192.0.2.9", services=(Service("tcp", 80, 80),)),
    entry("192.0.2.8", services=(Service("tcp", 80, 80),)),
    entry("192.0.2.7", services=(Service("udp", 123, 123),)),
)


def printed(**changes: Any) -> dict[str, Any]:
    """A report as the script for PowerShell prints it."""
    attempts = []
    for each in ATTEMPTS:
        issuer, authority = NAMES.get(each.get("name", ""), ("", ""))
        port = 443 if issuer else 80
        words = {"protocol": "tcp", "port": port, "seconds": 0.02, "detail": ""}
        attempts.append(words | each | {"issuer": issuer, "authority": authority})
    return {
        "schema": 1,
        "kind": "fwtracker-verify",
        "source": "action1",
        "version": 1,
        "digest": snapshot(*ROWS, version=1).digest,
        "script": "powershell",
        "host": "PC-1",
        "started_at": "2026-03-01T12:00:00Z",
        "seconds": 3.25,
        "attempts": attempts,
    } | changes


@pytest.fixture
def reports(tmp_path):
    """A store with the version, and the configuration that knows its authority."""
    stored(tmp_path, *ROWS)
    (tmp_path / "ca.pem").write_bytes(Authority("Public").pem)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text('[verify]\nca_file = "ca.pem"\n')
    return tmp_path


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_a_script_found_is_judged_as_a_run_would(fwtracker, reports, coding) -> None:
    """In each encoding that Windows writes; what only that machine trusts is reported."""
    (reports / "pc.json").write_text(json.dumps(printed()), coding)
    ran = fwtracker("verify", "--json", "--read", "pc.json")
    assert ran.status == 1
    [machine] = ran.json["machines"]
    assert (machine["host"], machine["started_at"], machine["seconds"]) == (
        *("PC-1", "2026-03-01T12:00:00Z"),
        3.25,
    )
    found = {each["target"]: (each["state"], each["detail"]) for each in machine["results"]}
    trusts = "certificate by CN=Inspection CA, O=Inspection, which that machine trusts and the"
    assert found.pop("b.example.com") == ("tls-unknown-authority", f"{trusts} public does not")
    assert found == {
        "192.0.2.1": ("open", "certificate by CN=Public CA, O=Public"),
        "a.example.com": ("open", "certificate by CN=Public CA, O=Public"),
        "c.example.com": (
            "open-unlisted",
            "open at 192.0.2.3, which the page does not list, certificate by O = Below, CN ="
            " Below CA",
        ),
        "192.0.2.77": ("cannot-tell", "not in the report"),
        "192.0.2.9": ("blocked", "no answer"),
        "192.0.2.8": ("cannot-tell", 'it says "melted", which is not known here'),
        "192.0.2.7": ("cannot-tell", "scripts try nothing by UDP"),
    }


def test_many_machines_are_reported_together(fwtracker, reports) -> None:
    good = [
        {**each, "state": "open", "issuer": "CN=Public CA", "authority": "CN=Public CA"}
        for each in printed()["attempts"]
    ]
    (reports / "1.json").write_text(json.dumps(printed()))
    (reports / "2.json").write_text(json.dumps(printed(host="PC-2\x1b[31m", attempts=good)))
    ran = fwtracker("verify", "--read", "1.json", "2.json")
    assert ran.status == 1
    assert "\x1b" not in ran.out
    closed = {line.split("  ")[0]: line.split() for line in ran.out.splitlines()}
    assert closed["outbound 192.0.2.9 tcp/80"][-3:] == ["1", "blocked", "PC-1"]
    assert closed["outbound 192.0.2.7 udp/123"][-3:] == ["PC-1,", "PC-2", "[31m"]
    assert "everything required is open on 0 of 2 machines" in ran.out
    joined = fwtracker("verify", "--json", "--read", "1.json", "2.json").json
    [both] = [each for each in joined["closed"] if "192.0.2.7 " in each["endpoint"]]
    assert both["states"] == {"cannot-tell": 2}


def test_a_report_of_a_run_is_read_too(fwtracker, tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stored(tmp_path, entry("127.0.0.1", ports=(server.getsockname()[1],)))
        (tmp_path / "run.json").write_text(fwtracker("verify", "--json").out)
    ran = fwtracker("verify", "--read", "run.json")
    assert ran.status == 0
    assert "everything required is open on 1 of 1 machines" in ran.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither a report of `verify --json` nor one of its scripts"),
        ("[]", "neither a report"),
        ("[" * 100_000, "neither a report"),
        ("\udcff", "neither a report"),
        ('{"kind": "other"}', "neither a report"),
        (json.dumps(printed(schema=2)), "neither a report"),
        (json.dumps(printed(source="zoom")), 'a report on "zoom", not on action1'),
        (json.dumps(printed(version=9)), "there is no version 9"),
        (json.dumps(printed(digest="0" * 64)), "its version 1 is not the one in this store"),
        (json.dumps(printed(started_at="now")), "neither a report"),
    ],
)
def test_a_file_that_is_no_report_is_named_in_one_line(fwtracker, reports, text, said) -> None:
    (reports / "pc.json").write_text(text, "utf-8", "surrogateescape")
    ran = fwtracker("verify", "--read", "pc.json")
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--read",), "--read needs the files of reports"),
        (("pc.json",), "FILES can only be given"),
        (("--script", "sh", "--json"), "--script cannot be combined with other output options"),
        (("--read", "pc.json", "--format", "ips"), "--read can be combined with --json"),
        (("--script", "bat"), "'bat' is not one of 'powershell', 'sh'"),
        (("--read", "none.json"), "none.json: cannot be read: No such file"),
    ],
)
def test_options_that_do_not_go_together_are_named(fwtracker, reports, options, said) -> None:
    ran = fwtracker("verify", *options)
    assert ran.status == 2
    assert said in ran.err


def test_a_script_of_nothing_is_an_error(fwtracker, tmp_path) -> None:
    stored(tmp_path, entry("192.0.2.1", direction="inbound"))
    ran = fwtracker("verify", "--script", "sh")
    assert (ran.status, ran.out) == (2, "")
    assert "there is nothing to try by TCP" in ran.err
