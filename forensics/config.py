"""One TOML file becomes frozen structs; an unknown key is an error that names its path."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from forensics.errors import ConfigError

Role = Literal["work", "removable", "cloud_sync", "share", "outbox"]
ROLES: tuple[Role, ...] = ("work", "removable", "cloud_sync", "share", "outbox")
Way = Literal[
    "work", "removable", "cloud_sync", "share", "outbox", "http", "https", "smtp", "imap", "ftp", "tftp", "websocket"
]
WAYS: tuple[Way, ...] = (*ROLES, "http", "https", "smtp", "imap", "ftp", "tftp", "websocket")
"""What the self-check can be sent by."""
Receiver = Annotated[str, msgspec.Meta(pattern=r"^(http|smtp|imap|ftp|tftp|websocket)://[^/@\s]+:\d{1,5}(/\S*)?$")]
MIB = 1 << 20
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Folder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A watched folder and what leaving through it means."""

    role: Role
    path: Path


class Files(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file sensor: its budget, quiet times before a file counts as settled, how often folders are reconciled.

    Examining what was found may take `cpu_share` of one processor and read `read_mib_s`, over a while; what is over
    that waits, and after `patience_s` of waiting files are passed over until there is budget again, which is a gap. How
    much memory it may take is `workers.memory_mib`.

    `media` says which mounts are ways out by themselves, whenever they come: `auto` are disks made to be carried away
    and what is mounted below /media, `shares` other machines' folders, and a path is every mount below it, loop devices
    too. With `sync` so are the folders of sync clients (Dropbox, OneDrive, ...) of all users. `private` names
    folders and globs that are never opened (`~/Private`, `/home/*/Private`, `*.kdbx`); a name without a slash counts
    everywhere.
    """

    cpu_share: Seconds = 1.0
    read_mib_s: Seconds = 200.0
    patience_s: Seconds = 60.0
    quiet_after_close_s: Seconds = 0.15
    quiet_after_scan_s: Seconds = 2.0
    reconcile_every_s: Seconds = 60.0
    ignore: tuple[str, ...] = (".earwitness*",)
    media: tuple[str, ...] = ("auto", "shares")
    sync: bool = True
    private: tuple[str, ...] = ()


class Network(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The network sensor: the ring dumpcap writes, what it captures and which addresses are this side.

    `keylog` are the files clients write TLS secrets to (SSLKEYLOGFILE); they may come later and grow. A connection that
    could not be read is kept by name from `opaque_kib` sent upward on; of smaller ones only their number and bytes.
    With `infer` the sizes of files that processes open are remembered for two minutes, to say which of them such a
    connection probably carried.
    """

    interfaces: tuple[str, ...] = ()
    capture_filter: str = ""
    ring_file_mib: Count = 32
    ring_files: Count = 16
    ring_seconds: Seconds = 1.0
    ring_folder: Path | None = None
    local: tuple[str, ...] = ()
    keylog: tuple[Path, ...] = ()
    opaque_kib: Count = 8
    infer: bool = True
    dissect_timeout_s: Seconds = 120.0
    dissect_memory_mib: Count = 4096


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far opening goes before it ends in an outcome.

    A recording gets `audio_share` of its length on top of `seconds`, so that a long one is read and a hang ends soon.
    Of `seconds`, `password_seconds` may go by trying passwords, and `picture_seconds` by reading the words in one
    picture; 0 reads none.
    """

    depth: Count = 8
    entries: Count = 20_000
    total_mib: Count = 4096
    entry_mib: Count = 2048
    ratio: Count = 200
    ratio_floor_mib: Count = 64
    seconds: Seconds = 60.0
    password_seconds: Seconds = 20.0
    audio_seconds: Seconds = 12 * 3600.0
    audio_share: Seconds = 0.1
    text_mib: Count = 32
    picture_seconds: Annotated[float, msgspec.Meta(ge=0)] = 20.0


class Workers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The killable processes that open and match; `timeout_s` is the hard kill."""

    count: Count = 2
    memory_mib: Count = 3072
    timeout_s: Seconds = 120.0
    recycle_after: Count = 2000


class Keep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What evidence keeps of an alert's content, sealed for its custodians, and for how many days unless it is held.

    With less than `content_free_mib` free content is no longer kept, then (`text_free_mib`) quotes and long facts, then
    (`metadata_free_mib`) all but what was seen leaving and what matched; of a small disk a 20th, 40th, 80th is enough.

    With `features_days` the codes of all speech that leaves are kept for so long, matched or not, so that a clip that
    is registered later can be found (`hunt`), less surely than by a scan. They give much of that speech back to whoever
    attacks them: 0 keeps none.
    """

    object_mib: Count = 64
    objects: Count = 32
    days: Count = 30
    features_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    content_free_mib: Count = 64
    text_free_mib: Count = 32
    metadata_free_mib: Count = 16


class Privacy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How evidence names people: by `pseudonyms`, made with a key of the store, or with the one in the file `key` (32
    random bytes or more, the owner's alone) so that a person has one pseudonym on several workstations.

    Names lie beside, sealed for the custodians, for `names_days` after they were last needed, unless they are held.
    """

    pseudonyms: bool = True
    key: Path | None = None
    names_days: Count = 180


class Custody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who keeps the signed heads of the log off this machine, so that they speak against whoever takes it over.

    `witnesses` are files that heads are added to (absolute paths, on a share or another disk) and addresses they are
    sent to (udp:// and tcp:// syslog, http:// and https:// webhooks). `tsa` is a time-stamp authority (RFC 3161) that
    stamps one every `tsa_hours`; its answers must hold against the certificates (PEM) in `tsa_cert`.
    """

    witnesses: tuple[str, ...] = ()
    tsa: str = ""
    tsa_cert: Path | None = None
    tsa_hours: Seconds = 1.0


class Selfcheck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The self-check: every `every_hours` (0: never), earlier or later by `jitter` of it, `watch` sends a package that
    nobody was issued by each of `channels` that it watches, and expects to see it `within_s`.

    Files are written into the watched folders and removed again; what is written into a sync folder or onto a share
    goes where those lead. Over the network it is sent on the loopback where that is watched, to receivers that `watch`
    runs itself, and to `addresses` (http://host:port/path, smtp://host:port/mailbox, imap://, ftp:// and tftp://
    host:port/folder, websocket://host:port/path) in their stead: to no other address. https is tried on the loopback
    where there is a `network.keylog`, to which the sender's own secrets are added.
    """

    every_hours: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    jitter: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.25
    within_s: Seconds = 120.0
    channels: tuple[Way, ...] = WAYS
    addresses: tuple[Receiver, ...] = ()


class Audio(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How recordings are compared; `far` looks for clips changed by much in speed, tempo or pitch, at twice the
    work."""

    far: bool = False


class Tui(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the terminal UI looks, and which keys it takes.

    `keys` moves actions, by their names in its help, to other keys: `close = "C"`, `mark = "m,insert"`. An `observer`
    takes no decisions. `pictures` of sound are drawn in what the terminal says it takes (`auto`), or as told.
    """

    theme: Literal["night", "contrast", "day", "plain"] = "night"
    keys: dict[str, str] = {}
    observer: bool = False
    pictures: Literal["auto", "blocks", "sixel", "kitty"] = "auto"


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a person can set.

    With `rules_signers`, the public keys that `earwitness rules sign` prints, `watch` and `scan` take only packs in
    `rules` that one of them signed as they are.
    """

    store: Path | None = None
    folders: tuple[Folder, ...] = ()
    rules: tuple[Path, ...] = ()
    rules_signers: tuple[str, ...] = ()
    policy: Path | None = None
    host: str = ""
    reference_key: Path | None = None
    files: Files = Files()
    network: Network = Network()
    limits: Limits = Limits()
    workers: Workers = Workers()
    keep: Keep = Keep()
    privacy: Privacy = Privacy()
    custody: Custody = Custody()
    audio: Audio = Audio()
    selfcheck: Selfcheck = Selfcheck()
    tui: Tui = Tui()

    @property
    def host_name(self) -> str:
        """The name this workstation has in evidence."""
        return self.host or socket.gethostname()


def default_config_path() -> Path:
    """Where the configuration is looked for when none is named."""
    return _base("XDG_CONFIG_HOME", ".config") / "earwitness" / "config.toml"


def default_store_path() -> Path:
    """Where evidence is kept when no place is named."""
    return _base("XDG_DATA_HOME", ".local/share") / "earwitness"


def load(path: Path | None) -> Config:
    """Read a configuration file; without one, the default place, and without that, the defaults.

    Raises ConfigError naming file and key.
    """
    if path is None:
        path = default_config_path()
        if not path.exists():
            return Config()
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    return decode(text, path)


def decode(text: bytes, path: Path) -> Config:
    """Turn TOML into a Config; relative paths in it are relative to its folder."""
    import tomllib

    try:
        table = tomllib.loads(text.decode())
        return msgspec.convert(table, Config, dec_hook=lambda kind, value: _path(kind, value, path.parent))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _path(kind: type, value: object, folder: Path) -> Path:
    if kind is Path and isinstance(value, str):
        return folder / Path(value).expanduser()
    raise NotImplementedError(f"{kind} from {value!r}")


def _base(variable: str, fallback: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / fallback)
