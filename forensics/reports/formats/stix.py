"""Alerts as a STIX 2.1 bundle: sightings of indicators, with the observed files and connections.

https://docs.oasis-open.org/cti/stix/v2.1/. The same case gives the same bundle: cyber-observables have the ids that
section 2.9 derives from what they are, all else ids derived from the store's own. People are pseudonyms that mean
nothing outside this bundle; hosts, users and processes are left out, for STIX is made to be passed on.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from forensics.reports.casefile import FOLDERS, CaseFile, Finding
from forensics.reports.places import Place, place_of
from forensics.reports.product import NAME, clean, json_text
from forensics.store.rows import AlertRow
from forensics.ways import family

OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""The namespace of section 2.9."""
_OWN = uuid.uuid5(uuid.NAMESPACE_URL, "https://earwitness/stix")
_MARKING = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
"""TLP:AMBER, as section 7.2.1.4 defines it."""
_PORTS = {"http": 80, "https": 443, "ftp": 21, "smtp": 25, "imap": 143}
Object = dict[str, Any]


def stix(case: CaseFile) -> Iterator[str]:
    """The bundle, as one line."""
    yield f"{json_text(bundle(case))}\n"


def bundle(case: CaseFile) -> Object:
    """Identities, then for each alert its file, connection, observed data, indicator and sighting."""
    first = min(finding.seen.time for finding in case.findings)
    scope = _scope(case)
    observer = _named("identity", f"observer {scope}", first, name=NAME, identity_class="system")
    objects: dict[str, Object] = {observer["id"]: observer}
    users = dict.fromkeys((finding.seen.host, finding.seen.user) for finding, _ in case.alerts)
    people = {user: _person(scope, number, first) for number, user in enumerate(users, 1)}
    for person in people.values():
        objects[person["id"]] = person
    for finding, alert in case.alerts:
        person = people[finding.seen.host, finding.seen.user]
        for each in _alert(scope, finding, alert, observer["id"], person["id"]):
            objects.setdefault(each["id"], each)
    return {"type": "bundle", "id": f"bundle--{uuid.uuid5(_OWN, f'bundle {scope}')}", "objects": [*objects.values()]}


def observable(kind: str, contributing: Mapping[str, Any], **others: Any) -> Object:
    """A cyber-observable whose id is derived from `contributing`: UUIDv5 over their canonical JSON (RFC 8785)."""
    text = json.dumps(contributing, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    identity = uuid.uuid5(OBSERVABLES, text)
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{identity}", **contributing, **others}


def _alert(scope: str, finding: Finding, alert: AlertRow, observer: str, person: str) -> Iterator[Object]:
    seen = finding.seen
    observed = list(_observables(finding))
    if not observed:
        return
    yield from observed
    data = _named(
        "observed-data",
        f"{scope} {finding.id}",
        seen.time,
        created_by_ref=observer,
        object_marking_refs=[_MARKING],
        first_observed=_time(seen.time),
        last_observed=_time(seen.time),
        number_observed=1,
        object_refs=[each["id"] for each in observed],
    )
    digest = finding.content.sha256 if finding.content is not None else ""
    indicator = _named(
        "indicator",
        f"{scope} {digest}",
        seen.time,
        created_by_ref=observer,
        object_marking_refs=[_MARKING],
        name=f"content with {', '.join(finding.items) or ', '.join(finding.rules) or 'unread content'}",
        description=alert.reason,
        indicator_types=["anomalous-activity"],
        pattern=f"[file:hashes.'SHA-256' = '{digest}']",
        pattern_type="stix",
        valid_from=_time(seen.time),
    )
    yield data
    yield indicator
    yield _named(
        "sighting",
        f"{scope} {finding.id}",
        seen.time,
        created_by_ref=observer,
        object_marking_refs=[_MARKING],
        description=alert.title,
        first_seen=_time(seen.time),
        last_seen=_time(seen.time),
        count=1,
        sighting_of_ref=indicator["id"],
        observed_data_refs=[data["id"]],
        where_sighted_refs=[person],
    )


def _observables(finding: Finding) -> Iterator[Object]:
    content = finding.content
    if content is None or len(content.sha256) != 64:
        return
    name = clean(finding.seen.name) or "unnamed"
    file = observable("file", {"hashes": {"SHA-256": content.sha256}, "name": name}, size=content.size)
    yield file | ({"mime_type": clean(content.media_type)} if content.media_type else {})
    to = place_of(finding.seen.destination)
    if finding.seen.channel in FOLDERS or not to.host:
        return
    host = _host(to)
    yield host
    port = to.port or _PORTS.get(to.scheme, 0)
    protocols = ["udp" if finding.seen.channel in ("http3", "quic", "rtp", "tftp") else "tcp"]
    if family(finding.seen.channel) not in protocols:
        protocols.append(family(finding.seen.channel))
    ends = {"dst_ref": host["id"], **({"dst_port": port} if port else {}), "protocols": protocols}
    yield observable("network-traffic", {"start": _time(finding.seen.time), **ends}, is_active=False)


def _host(to: Place) -> Object:
    if not to.ip:
        return observable("domain-name", {"value": clean(to.domain)})
    return observable("ipv6-addr" if ":" in to.ip else "ipv4-addr", {"value": to.ip})


def _person(scope: str, number: int, first: float) -> Object:
    name = f"subject {number} of {scope}"
    return _named("identity", name, first, name=name, identity_class="individual", description="a pseudonym")


def _scope(case: CaseFile) -> str:
    """What makes ids differ from those of other stores: the digest of the first entry of the case."""
    digests = [act.digest for act in case.acts if act.action == "record"]
    return f"{case.subject} {digests[0][:16]}" if digests else case.subject


def _named(kind: str, identity: str, time: float, **values: Any) -> Object:
    common = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid.uuid5(_OWN, f'{kind} {identity}')}"}
    cleaned: Object = clean({**common, "created": _time(time), "modified": _time(time), **values})
    return cleaned


def _time(time: float) -> str:
    """An RFC 3339 time in UTC with milliseconds, as STIX demands."""
    return datetime.fromtimestamp(max(time, 0.0), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
