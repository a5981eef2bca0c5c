"""Signatures on `manifest.json` and `version.json`: SSH signatures by an Ed25519 key.

The signature is a member of the document, so that both are written at once. It signs the
document without that member, in the form of `canonical_bytes`; both `ssh-keygen -Y verify` and
`store verify` can check it. The format is OpenSSH's PROTOCOL.sshsig. The library cryptography
reads the keys and signs; it is loaded only if a key is configured or named.
"""

from __future__ import annotations

import binascii
import hashlib
import re
import stat
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import msgspec

from tracker.config import load_secret_text
from tracker.config.tables import SigningConfig
from tracker.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAMESPACE = "fwtracker"  # of the signatures: those made for another purpose are refused
_WHAT = "the key of [signing]"
_MAKE = "make one with: ssh-keygen -t ed25519 -N '' -f FILE"
_KIND = b"ssh-ed25519"
_HASH = b"sha512"
_MAGIC = b"SSHSIG"
_LINE = 70  # characters of an armoured line, as ssh-keygen writes them
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_PUBLIC = re.compile(r"ssh-ed25519[ \t]+([A-Za-z0-9+/]+=*)")
_READ_BY_ALL = stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP


class PublicKey(NamedTuple):
    """An Ed25519 key as SSH encodes it: the name of its kind, then the key, with lengths."""

    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The fingerprint as `ssh-keygen -l` shows it: `SHA256:` and the hash in base64."""
        hashed = b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        return f"SHA256:{hashed}"

    @property
    def line(self) -> str:
        """The key as in a `.pub` file."""
        return f"{_KIND.decode()} {b64encode(self.blob).decode()}"


class Signer(NamedTuple):
    """A private key, and the public one that belongs to it."""

    private: Ed25519PrivateKey
    public: PublicKey

    def sign(self, message: bytes) -> str:
        """Return the SSH signature of a message, armoured."""
        raw = self.private.sign(_wrap(message))
        signature = _pack(_KIND) + _pack(raw)
        fields = (self.public.blob, NAMESPACE.encode(), b"", _HASH, signature)
        whole = _MAGIC + (1).to_bytes(4, "big") + b"".join(map(_pack, fields))
        text = b64encode(whole).decode()
        lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
        return "\n".join((_BEGIN, *lines, _END))

    def add_signature(self, document: bytes) -> bytes:
        """Return a JSON object with its signature added, replacing one that it has."""
        content = msgspec.json.decode(document)
        return msgspec.json.encode(
            content | {"signature": self.sign(canonical_bytes(document))}
        )


def canonical_bytes(document: bytes) -> bytes:
    """Return the signed form of a JSON document, which leaves out its member `signature`.

    It is one line without white space, with members sorted by name and a newline at the end:
    what `jq -cS 'del(.signature)'` prints. Raises ValueError if it is not a JSON object.
    """
    content = msgspec.json.decode(document)
    if not isinstance(content, dict):
        raise ValueError("not a JSON object")
    content.pop("signature", None)
    encoded = msgspec.json.encode(content, order="sorted")
    return encoded.replace(b"\x7f", b"\\u007f") + b"\n"  # jq escapes DEL


def load_signer(settings: SigningConfig) -> Signer | None:
    """Return the configured signer, or None if there is no key. Raises UsageError."""
    if not settings.place:
        return None
    if settings.key_file:
        _refuse_open_file(Path(settings.key_file).expanduser())
    text = load_secret_text(settings.key_env or None, settings.key_file or None, _WHAT)
    private = _load_private(text.encode(), settings.place)
    return Signer(private, _describe_public(private))


def load_public_keys(path: Path) -> tuple[PublicKey, ...]:
    """Return the Ed25519 keys in a `.pub` file or a list of allowed signers.

    Raises UsageError.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}; check it") from None
    except UnicodeDecodeError:
        text = ""
    if "PRIVATE KEY" in text:
        raise UsageError(f"{path}: holds a private key; name the public one, {path}.pub")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = [_read_blob(each) for line in lines for each in _PUBLIC.findall(line)]
    if not found or None in found:
        raise UsageError(
            f"{path}: holds no Ed25519 public key; its line begins with ssh-ed25519, and"
            " ssh-keygen -y -f KEY prints it"
        )
    return tuple(PublicKey(blob) for blob in found if blob)


def find_fault(document: bytes, keys: Sequence[PublicKey]) -> str:
    """Return what is wrong with the signature in a document, or "" if it is by one of the keys.

    Raises UsageError if cryptography is not installed.
    """
    try:
        message = canonical_bytes(document)
        signature = msgspec.json.decode(document).get("signature")
    except (ValueError, msgspec.MsgspecError):
        return "is damaged"
    if signature is None:
        return "is not signed"
    try:
        blob, raw = _read_signature(signature)
    except (ValueError, TypeError, AttributeError):
        return "has a signature that cannot be read"
    if blob not in {key.blob for key in keys}:
        return f"is signed by another key, {PublicKey(blob).fingerprint}"
    return "" if _is_signed(blob, raw, message) else "does not have the content that was signed"


def _is_signed(blob: bytes, raw: bytes, message: bytes) -> bool:
    _require_library()
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(_unpack(blob)[1])
        key.verify(raw, _wrap(message))
    except (InvalidSignature, ValueError):
        return False
    return True


def _wrap(message: bytes) -> bytes:
    """Return the bytes that the key signs: the hash of a message, with the namespace."""
    fields = (NAMESPACE.encode(), b"", _HASH, hashlib.sha512(message).digest())
    return _MAGIC + b"".join(map(_pack, fields))


def _read_signature(armoured: Any) -> tuple[bytes, bytes]:
    """Return the key and the raw signature. Raises ValueError."""
    lines = armoured.strip().splitlines()
    if (lines[:1], lines[-1:]) != ([_BEGIN], [_END]):
        raise ValueError("no armour")
    whole = b64decode("".join(lines[1:-1]), validate=True)
    head = _MAGIC + (1).to_bytes(4, "big")
    if not whole.startswith(head):
        raise ValueError("not an SSH signature")
    blob, namespace, _, hashed, signature = _unpack(whole[len(head) :])
    kind, raw = _unpack(signature)
    if (namespace, hashed, kind) != (NAMESPACE.encode(), _HASH, _KIND):
        raise ValueError("for another use")
    if _unpack(blob)[0] != _KIND:
        raise ValueError("another kind of key")
    return blob, raw


def _read_blob(text: str) -> bytes | None:
    """Return the bytes of a public key in base64; None if it is not one."""
    try:
        blob = b64decode(text, validate=True)
        kind, key = _unpack(blob)
    except (binascii.Error, ValueError):
        return None
    return blob if kind == _KIND and len(key) == len(hashlib.sha256().digest()) else None


def _pack(field: bytes) -> bytes:
    return len(field).to_bytes(4, "big") + field


def _unpack(data: bytes) -> list[bytes]:
    """Return the fields of data, each of which follows its length. Raises ValueError."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            raise ValueError("cut short")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    return found


def _refuse_open_file(file: Path) -> None:
    """Raise UsageError for a key that every user of this machine can read or change."""
    try:
        mode = file.stat().st_mode
    except OSError:
        return  # reading it fails too, with a message
    if mode & _READ_BY_ALL:
        raise UsageError(
            f"{_WHAT}: others can read or change the file {file}, so it proves nothing; run:"
            f" chmod 600 {file}"
        )


def _load_private(text: bytes, place: str) -> Ed25519PrivateKey:
    """Return the key. Raises UsageError, whose message shows no part of the key."""
    _require_library()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        load_ssh_private_key,
    )

    try:
        key = load_ssh_private_key(text + b"\n", None)
    except TypeError:
        _refuse(place, "it asks for a passphrase, which a check cannot give", _MAKE)
    except (ValueError, UnsupportedAlgorithm):
        is_public = text.startswith(_KIND)
        what = "it is the public key" if is_public else "it is not a private key of OpenSSH"
        _refuse(place, what, "name the private one" if is_public else _MAKE)
    if not isinstance(key, Ed25519PrivateKey):
        _refuse(place, "it is not an Ed25519 key", _MAKE)
    return key


def _refuse(place: str, what: str, action: str) -> NoReturn:
    raise UsageError(f"{_WHAT}: {place} cannot sign: {what}; {action}") from None


def _require_library() -> None:
    import importlib.util  # noqa: PLC0415  needed only for signatures

    if importlib.util.find_spec("cryptography") is None:
        from tracker.plugins import build_command  # noqa: PLC0415  only if it is missing

        raise UsageError(f"signatures need cryptography; install it: {build_command('sign')}")


def _describe_public(private: Ed25519PrivateKey) -> PublicKey:
    return PublicKey(_pack(_KIND) + _pack(private.public_key().public_bytes_raw()))
