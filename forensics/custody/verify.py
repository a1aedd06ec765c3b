#!/usr/bin/env python3
"""Check a bundle of evidence that Earwitness exported, without Earwitness: python3 verify.py [FOLDER].

One file, nothing but Python 3.8 or newer and its standard library, no network; it writes nothing. README.md beside it
says what the files hold and what each check proves. Exit status: 0 everything holds; 1 something does not; 2 the
bundle cannot be read; 3 everything that is there holds, but the content of some entries was erased.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from datetime import datetime, timezone
from typing import Any, Iterator

CUSTODY = "data/custody"
MOST_TOLD = 200
FIELDS = ("agent", "epoch", "seq", "key", "body", "digest")
NAMES = re.compile("[0-9a-f]{32}:[0-9a-f]*:[0-9a-f]{64}")
NOTE = re.compile("((?:.+\n)+\n(?:\u2014 .+\n)+)\n*")
JSON = json.JSONDecoder(object_pairs_hook=list)
LIMITS = """whether a private key was stolen: who has it can make up a history and sign it
whether the newest entries were cut off with all heads that counted them (--heads gives heads kept elsewhere)
whether what was recorded was true, and the clock right: only that nothing was changed since
what time stamps say (data/custody/stamps): ask openssl, as README.md says"""


class Wrong(Exception):
    """Something in the bundle is not as it must be."""


# --- Ed25519 (RFC 8032 section 5.1) ---

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = Any  # (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z


def point(data: bytes) -> Point:
    """Return the point that 32 bytes encode; None when they encode none."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(one: Point, two: Point) -> Point:
    """Return the sum of two points."""
    a = (one[1] - one[0]) * (two[1] - two[0]) % P
    b = (one[1] + one[0]) * (two[1] + two[0]) % P
    c = 2 * one[3] * two[3] * D % P
    d = 2 * one[2] * two[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the signature over the message was made with the private key of that public key."""
    key, s = point(public), int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or key is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - key[0], key[1], 1, P - key[3])
    total, choices = (0, 1, 1, 0), {1: BASE, 2: minus, 3: add(BASE, minus)}
    for bit in range(255, -1, -1):  # s times the base point minus k times the key
        total = add(total, total)
        choice = (s >> bit & 1) + 2 * (k >> bit & 1)
        total = add(total, choices[choice]) if choice else total
    z = pow(total[2], P - 2, P)
    x, y = total[0] * z % P, total[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- the Merkle tree (RFC 6962 section 2.1; proofs as RFC 9162 sections 2.1.3.2 and 2.1.4.2 check them) ---


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash above two others."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(peaks: list[bytes]) -> bytes:
    """Return the root over the roots of complete subtrees, the largest first."""
    root = peaks[-1] if peaks else hashlib.sha256(b"").digest()
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


def climb(place: int, last: int, start: bytes, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    """Follow a path upwards; return what all steps make, and what those to the left of it alone make."""
    left = whole = start
    for step in steps:
        if last == 0:
            return None
        if place & 1 or place == last:
            left, whole = node(step, left), node(step, whole)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            whole = node(whole, step)
        place, last = place >> 1, last >> 1
    return (whole, left) if last == 0 else None


def is_included(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> bool:
    """Say whether the path leads from the leaf hash at that index (from 0) to the root of a tree of that size."""
    found = climb(index, size - 1, leaf, path) if index < size else None
    return found is not None and found[0] == root


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, path: list[bytes]) -> bool:
    """Say whether the path shows that the larger tree begins with the smaller; 0 < first < second."""
    steps = path if first & (first - 1) else [first_root, *path]
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    return bool(steps) and climb(place, last, steps[0], steps[1:]) == (second_root, first_root)


# --- signed notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ---


def unbase64(text: str) -> bytes:
    """Return the bytes of base64 in its one spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Wrong(f"no base64: {shown(text)}") from None
    if base64.b64encode(data).decode() != text:
        raise Wrong(f"no base64: {shown(text)}")
    return data


def read_keys(text: str) -> dict[Any, Any]:
    """Return verifier keys as {(name, key id): (type, public key)}; type 1 signs as a log, 4 as a witness."""
    keys = {}
    for line in text.splitlines():
        name, _, rest = line.partition("+")
        said, _, encoded = rest.partition("+")
        data = unbase64(encoded)
        key_id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if len(data) != 33 or data[0] not in (1, 4) or key_id.hex() != said:
            raise Wrong(f"no Ed25519 verifier key, or not under its own id: {shown(line)}")
        keys[name, key_id] = (data[0], data[1:])
    return keys


def read_note(note: str, keys: dict[Any, Any]) -> tuple[list[str], list[tuple[str, int]]]:
    """Return the lines of a note that the log named in its first line signed, and its witnesses with their times.

    Lines of unknown keys are passed over. One of a known key that does not hold is wrong.
    """
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n") or re.search("[\x00-\x09\x0b-\x1f]", note):
        raise Wrong("no signed note")
    message, origin, witnesses, is_by_log = (text + "\n").encode(), text.split("\n")[0], [], False
    for line in lines[:-1].split("\n"):
        name, _, encoded = line[2:].partition(" ")
        data = unbase64(encoded)
        if line[:2] != "\u2014 " or len(data) < 5:
            raise Wrong(f"no line of a signature: {shown(line)}")
        kind, public = keys.get((name, data[:4]), (0, b""))
        time = int.from_bytes(data[4:12], "big")
        signed = (b"cosignature/v1\ntime %d\n%s" % (time, message)) if kind == 4 else message
        if kind and not is_signed(public, data[12:] if kind == 4 else data[4:], signed):
            raise Wrong(f"the signature of {shown(name)} does not hold")
        is_by_log = is_by_log or (kind == 1 and name == origin)
        witnesses += [(name, time)] if kind == 4 else []
    if not is_by_log:
        raise Wrong("is not signed by a known key of the log that it names")
    return text.split("\n"), witnesses


def notes_of(text: str) -> list[str]:
    """Return the notes of a file in which they stand one after another."""
    found, place = [], 0
    while place < len(text):
        one = NOTE.match(text, place)
        if one is None:
            raise Wrong("no row of signed notes")
        found.append(one[1])
        place = one.end()
    return found


def read_head(note: str, keys: dict[Any, Any]) -> tuple[Any, int, bytes, list[tuple[str, int]]]:
    """Return log (agent, epoch), size, root and witnesses of a signed head."""
    lines, witnesses = read_note(note, keys)
    found = re.fullmatch("earwitness/([0-9a-f]{32})/([1-9][0-9]{0,18})\n(0|[1-9][0-9]{0,18})", "\n".join(lines[:2]))
    if found is None or len(lines) < 3 or not all(lines) or len(unbase64(lines[2])) != 32:
        raise Wrong("no head of a log")
    return (found[1], int(found[2])), int(found[3]), unbase64(lines[2]), witnesses


# --- the log ---


class Report:
    """Says what was found, and counts what does not hold."""

    def __init__(self) -> None:
        self.wrong, self.gone, self.unknown = 0, 0, LIMITS.split("\n")

    def broken(self, text: str) -> None:
        """Say that something does not hold."""
        self.wrong += 1
        if self.wrong <= MOST_TOLD:
            print(f"BROKEN  {text}")

    def erased(self, text: str) -> None:
        """Say that something is no longer there, which was not hidden."""
        self.gone += 1
        print(f"ERASED  {text}")


class Log:
    """One log of the bundle, taken in entry by entry. Where it has proofs of inclusion it is here in part only."""

    def __init__(self, name: Any, heads: dict[int, bytes], proofs: dict[int, Any], report: Report) -> None:
        self.name, self.title, self.report = name, title_of(name), report
        self.heads, self.proofs, self.waiting = heads, proofs, sorted(heads)
        self.size = self.count = self.erased = self.covered = 0
        self.previous: bytes | None = bytes(32)
        self.peaks: list[bytes] = []
        self.is_dense = self.holds = True

    def take(self, seq: int, key: str, body: str | None, digest: bytes) -> None:
        """Check the next entry."""
        if seq <= self.size:
            self.broken(seq, "stands there a second time, or after a later one")
            return
        if self.proofs:
            self.previous = self.proofs[seq][0] if seq in self.proofs else None
        elif seq > self.size + 1:
            self.broken(seq, f"entries {self.size + 1} to {seq - 1} before it are missing")
            self.previous, self.is_dense = None, False
        if body is None:
            self.erased += 1
        elif self.previous is not None:
            data = f"{self.name[0]}:{self.name[1]}:{seq}:{key}\n{body}".encode("utf-8", "surrogatepass")
            if hashlib.sha256(self.previous + data).digest() != digest:
                self.broken(seq, "its content, number or digest was changed")
        self.size, self.count, self.previous = seq, self.count + 1, digest
        leaf = hashlib.sha256(b"\0" + digest).digest()
        if self.proofs:
            self.prove(leaf)
        elif self.is_dense:
            self.grow(leaf)

    def broken(self, seq: int, text: str) -> None:
        """Say that an entry does not hold."""
        self.report.broken(f"{self.title}, entry {seq}: {text}")

    def prove(self, leaf: bytes) -> None:
        """Check that a signed head counts an entry of a log that is here in part."""
        _, size, path = self.proofs.get(self.size, (b"", 0, []))
        if size not in self.heads or not is_included(leaf, self.size - 1, size, path, self.heads[size]):
            self.broken(self.size, "there is no proof that a signed head counts it")

    def grow(self, leaf: bytes) -> None:
        """Lay the tree over a whole log, and hold it against the head of its size where there is one."""
        bits = self.size - 1
        while bits & 1:
            leaf, bits = node(self.peaks.pop(), leaf), bits >> 1
        self.peaks.append(leaf)
        while self.waiting and self.waiting[0] <= self.size:
            size = self.waiting.pop(0)
            if root_of(self.peaks if size else []) == self.heads[size]:
                self.covered, self.holds = size, True
            elif self.holds:
                text = f"something in entries {self.covered + 1} to {size} is not what it was when a head was signed"
                self.report.broken(f"{self.title}: {text}")
                self.holds = False

    def end(self) -> None:
        """Say what can be said once all entries were seen."""
        print(f"{self.title}: {self.count} entries, {len(self.heads)} heads{' (in part)' if self.proofs else ''}")
        if self.erased:
            self.report.erased(f"{self.title}: the content of {self.erased} entries; their digests stand")
        if self.proofs:
            self.report.unknown.append(f"what else stands in {self.title}: only some entries of it are here")
            return
        if self.heads and max(self.heads) > self.size:
            self.report.broken(f"{self.title}: entries {self.size + 1} to {max(self.heads)} are missing")
        if self.covered < self.size:
            text = f"whether entries {self.covered + 1} to {self.size} of {self.title} were written so"
            self.report.unknown.append(f"{text}: no head that holds counts them")


def read_entry(line: str) -> tuple[Any, int, str, str | None, bytes]:
    """Return log, seq, key, body and digest from one line of log.jsonl."""
    try:
        names, (agent, epoch, seq, key, body, digest) = zip(*JSON.decode(line))
    except (ValueError, TypeError, RecursionError):
        raise Wrong("no entry of a log") from None
    types = (type(agent), type(epoch), type(seq), type(key), type(digest))
    is_sound = names == FIELDS and types == (str, int, int, str, str) and (body is None or type(body) is str)
    if not is_sound or line[0] != "{" or epoch < 1 or seq < 1 or not NAMES.fullmatch(f"{agent}:{key}:{digest}"):
        raise Wrong("no entry of a log")
    return (agent, epoch), seq, key, body, bytes.fromhex(digest)


def read_proofs(text: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return {log: {seq: (digest before, size, path)}} and {(log, first, second): path} from proofs.json."""
    inclusion: dict[Any, Any] = {}
    consistency = {}
    try:
        whole = json.loads(text)
        for item in whole["inclusion"]:
            if type(item["size"]) is not int:
                raise ValueError
            found = (bytes.fromhex(item["previous"]), item["size"], [bytes.fromhex(one) for one in item["path"]])
            inclusion.setdefault((item["agent"], item["epoch"]), {})[item["seq"]] = found
        for item in whole["consistency"]:
            name = (item["agent"], item["epoch"])
            consistency[name, item["first"], item["second"]] = [bytes.fromhex(one) for one in item["path"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Wrong("proofs.json has not the form that README.md says") from None
    return inclusion, consistency


# --- the bundle ---


def shown(text: str) -> str:
    """Return text from the bundle in a form that no terminal obeys."""
    return ascii(text[:200])[1:-1]


def title_of(name: tuple[str, int]) -> str:
    """Return how a log is named."""
    return f"log {name[0]}/{name[1]}"


def read(*path: str) -> str:
    """Return the text of a file, its line ends as they are."""
    with open(os.path.join(*path), encoding="utf-8", newline="") as file:
        return file.read()


def digest_of(path: str) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def check_files(folder: str, report: Report) -> None:
    """Hold every file under data/ against the manifest (BagIt, RFC 8493)."""
    listed = {}
    for line in read(folder, "manifest-sha256.txt").splitlines():
        digest, _, path = line.partition("  ")
        listed[path.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")] = digest
    there = set()
    for place, folders, names in os.walk(os.path.join(folder, "data")):
        for name in names + [name for name in folders if os.path.islink(os.path.join(place, name))]:
            full = os.path.join(place, name)
            path = os.path.relpath(full, folder).replace(os.sep, "/")
            there.add(path)
            if path not in listed or os.path.islink(full) or not os.path.isfile(full):
                report.broken(f"file {shown(path)}: is not in the manifest, or no plain file")
            elif digest_of(full) != listed[path]:
                report.broken(f"file {shown(path)}: was changed")
    for path in sorted(set(listed) - there):
        report.broken(f"file {shown(path)}: is missing")
    print(f"files: {len(listed)} in the manifest")


def check_seal(folder: str, keys: dict[Any, Any], report: Report) -> None:
    """Check that the log that exported the bundle signed the manifest as it is."""
    try:
        lines, _ = read_note(read(folder, "seal.txt"), keys)
        if lines[1:2] != [f"manifest-sha256.txt {digest_of(os.path.join(folder, 'manifest-sha256.txt'))}"]:
            raise Wrong("is of another manifest: files were added, changed or left out after the export")
        print(f"sealed by {shown(lines[0])}, {shown(' '.join(lines[2:]))}")
    except (OSError, Wrong, UnicodeDecodeError) as error:
        report.broken(f"seal.txt: {shown(str(error))}")


def read_heads(notes: list[str], keys: dict[Any, Any], report: Report) -> dict[Any, dict[int, bytes]]:
    """Return all heads that their logs signed, as {log: {size: root}}."""
    heads: dict[Any, dict[int, bytes]] = {}
    seen: dict[Any, tuple[int, int]] = {}
    for number, note in enumerate(notes, 1):
        try:
            log, size, root, witnesses = read_head(note, keys)
        except Wrong as error:
            report.broken(f"head {number}: {error}")
            continue
        if heads.setdefault(log, {}).setdefault(size, root) != root:
            report.broken(f"{title_of(log)}: two different heads of size {size} were signed")
        for name, time in witnesses:
            seen[name, log] = max(seen.get((name, log), (0, 0)), (size, time))
    for (name, log), (size, time) in sorted(seen.items()):
        when = datetime.fromtimestamp(min(time, 2**37), timezone.utc).isoformat()
        print(f"witness {shown(name)}: saw {title_of(log)} with {size} entries on {when}")
    return heads


def check_log(folder: str, heads: dict[Any, Any], inclusion: dict[Any, Any], report: Report) -> Iterator[Any]:
    """Check every entry; yield the logs that are here in part."""
    logs = {name: Log(name, heads[name], inclusion.get(name, {}), report) for name in sorted(heads)}
    with open(os.path.join(folder, CUSTODY, "log.jsonl"), encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                name, seq, key, body, digest = read_entry(line)
            except Wrong as error:
                report.broken(f"log.jsonl, line {number}: {error}")
                continue
            if name not in logs:
                report.broken(f"{title_of(name)}: no head of it is signed")
                logs[name] = Log(name, {}, inclusion.get(name, {}), report)
            logs[name].take(seq, key, body, digest)
    for log in logs.values():
        log.end()
        if log.proofs:
            yield log.name


def check_stamped(folder: str, heads: dict[Any, Any], keys: dict[Any, Any], report: Report) -> None:
    """Check that what was stamped are heads of these logs; what the stamps say of them only other tools can tell."""
    stamps = os.path.join(folder, CUSTODY, "stamps")
    for name in sorted(os.listdir(stamps)) if os.path.isdir(stamps) else []:
        if name.endswith(".note"):
            try:
                log, size, root, _ = read_head(read(stamps, name), keys)
                if heads.get(log, {}).get(size) != root:
                    raise Wrong("is of no head of this bundle")
                print(f"stamp {shown(name[:-5])}: over {title_of(log)} with {size} entries")
            except Wrong as error:
                report.broken(f"stamp {shown(name)}: {error}")


def check(folder: str, keys_file: str | None, heads_file: str | None, report: Report) -> None:
    """Check everything in the bundle."""
    check_files(folder, report)
    keys = read_keys(read(keys_file) if keys_file else read(folder, CUSTODY, "keys.txt"))
    check_seal(folder, keys, report)
    heads = read_heads(notes_of(read(folder, CUSTODY, "heads.txt")), keys, report)
    inclusion, consistency = read_proofs(read(folder, CUSTODY, "proofs.json"))
    for name, found in read_heads(notes_of(read(heads_file) if heads_file else ""), keys, report).items():
        for size, root in found.items():
            if name in inclusion and size not in heads.get(name, {}):
                report.unknown.append(f"whether the other head of size {size} agrees: {title_of(name)} is here in part")
            elif heads.setdefault(name, {}).setdefault(size, root) != root:
                report.broken(f"{title_of(name)}: two different heads of size {size} were signed")
    for name in check_log(folder, heads, inclusion, report):
        sizes = sorted(size for size in heads.get(name, {}) if size)
        for first, second in zip(sizes, sizes[1:]):
            path, roots = consistency.get((name, first, second), []), heads[name]
            if not is_consistent(first, second, roots[first], roots[second], path):
                report.broken(f"{title_of(name)}: no proof that the head of size {second} continues that of {first}")
    check_stamped(folder, heads, keys, report)
    for (name, _), (kind, public) in sorted(keys.items()):
        print(f"key of {'witness' if kind == 4 else 'log'} {shown(name)}: {public.hex()}")
    if not keys_file:
        report.unknown.insert(0, "whose the keys are: they came with the bundle (--keys takes them from elsewhere)")


def main() -> int:
    """Read the arguments, check, say the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("folder", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--keys", help="verifier keys, one a line, to trust instead of those in the bundle")
    parser.add_argument("--heads", help="further signed heads, one after another, that were kept elsewhere")
    chosen = parser.parse_args()
    report = Report()
    try:
        check(chosen.folder, chosen.keys, chosen.heads, report)
    except (OSError, Wrong, UnicodeDecodeError) as error:
        print(f"CANNOT BE READ  {shown(str(error))}")
        return 2
    print("\nWhat this cannot tell:", *report.unknown, sep="\n- ")
    if report.wrong:
        print(f"\nRESULT: {report.wrong} things do not hold.")
        return 1
    print(f"\nRESULT: everything that is there holds{', but something was erased' if report.gone else ''}.")
    return 3 if report.gone else 0


if __name__ == "__main__":
    sys.exit(main())
