"""The case file in CASE (1.4) and UCO (1.4), as JSON-LD: https://caseontology.org.

Each observation is an investigative action of this tool, whose result is a provenance record of what was seen: files
with their digests, and the URL they went to. Gaps and unread connections are not in it, for CASE has no word for what
was not seen; the other files of a bundle have them. Identities are derived from the store's own, so that the same case
gives the same graph.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from forensics.reports.casefile import CaseFile, Finding
from forensics.reports.places import place_of
from forensics.reports.product import NAME, clean, product_version
from forensics.reports.records import iso
from forensics.store.rows import ArtifactRow, CustodyRow

_OWN = uuid.uuid5(uuid.NAMESPACE_URL, "https://earwitness/case")
_CONTEXT = {
    "kb": "urn:earwitness:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Node = dict[str, Any]


def case_uco(case: CaseFile) -> Iterator[str]:
    """The graph as one JSON-LD document."""
    yield json.dumps({"@context": _CONTEXT, "@graph": clean(list(_graph(case)))}, indent=1) + "\n"


def _graph(case: CaseFile) -> Iterator[Node]:
    scope = _scope(case)
    tool = _node("uco-tool:Tool", scope, "tool", {"uco-core:name": NAME, "uco-tool:version": product_version()})
    yield tool
    made: list[Node] = []
    for finding in case.findings:
        files = [_file(scope, finding, artifact) for artifact in finding.detail.artifacts]
        to = _destination(scope, finding)
        made += _observation(scope, finding, tool, [*files, *to])
        yield from files
        yield from to
    acts = [_act(scope, act) for act in case.acts if act.action not in ("record", "gap")]
    yield from made
    yield from acts
    yield _node(
        "case-investigation:Investigation",
        scope,
        "investigation",
        {
            "uco-core:name": case.subject,
            "uco-core:description": case.incident.title if case.incident is not None else case.subject,
            "uco-core:object": [_ref(each) for each in (*made, *acts)],
        },
    )


def _observation(scope: str, finding: Finding, tool: Node, objects: Sequence[Node]) -> tuple[Node, Node]:
    title = finding.alert.title if finding.alert is not None else finding.seen.reason
    record = _node(
        "case-investigation:ProvenanceRecord",
        scope,
        f"record {finding.id}",
        {
            "case-investigation:exhibitNumber": finding.id,
            "uco-core:description": title or finding.seen.name,
            "uco-core:object": [_ref(each) for each in objects],
        },
    )
    time = {"@type": "xsd:dateTime", "@value": iso(finding.seen.time)}
    action = _node(
        "case-investigation:InvestigativeAction",
        scope,
        f"action {finding.id}",
        {
            "uco-core:name": "observed leaving" if finding.seen.is_leaving else "observed",
            "uco-core:description": f"{finding.seen.channel}: {finding.seen.reason}",
            "uco-action:startTime": time,
            "uco-action:endTime": time,
            "uco-action:instrument": _ref(tool),
            "uco-action:object": [_ref(each) for each in objects],
            "uco-action:result": [_ref(record)],
        },
    )
    return record, action


def _file(scope: str, finding: Finding, artifact: ArtifactRow) -> Node:
    size = {"@type": "xsd:integer", "@value": str(artifact.size)}
    identity = f"{finding.id}#{artifact.number}"
    digest = {
        "@id": _id("uco-types:Hash", scope, identity),
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": "SHA256",
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": artifact.sha256},
    }
    facets = [
        {
            "@id": _id("uco-observable:FileFacet", scope, identity),
            "@type": "uco-observable:FileFacet",
            "uco-observable:fileName": artifact.path[-1],
            "uco-observable:filePath": "/".join(artifact.path),
            "uco-observable:isDirectory": False,
            "uco-observable:sizeInBytes": size,
        },
        {
            "@id": _id("uco-observable:ContentDataFacet", scope, identity),
            "@type": "uco-observable:ContentDataFacet",
            "uco-observable:mimeType": artifact.media_type,
            "uco-observable:sizeInBytes": size,
            "uco-observable:hash": digest if artifact.sha256 else {},
        },
    ]
    return _node("uco-observable:File", scope, identity, {"uco-core:hasFacet": facets})


def _destination(scope: str, finding: Finding) -> list[Node]:
    """The connection's end, where it was one."""
    to = place_of(finding.seen.destination)
    if not to.host:
        return []
    port = {"@type": "xsd:integer", "@value": str(to.port)}
    identity = f"{finding.id} destination"
    url = _facet(scope, identity, "URL", {"uco-observable:fullValue": to.uri})
    start = {"@type": "xsd:dateTime", "@value": iso(finding.seen.time)}
    network = {
        "uco-observable:startTime": start,
        "uco-observable:isActive": False,
        "uco-observable:dst": _ref(url),
        **({"uco-observable:destinationPort": port} if to.port else {}),
    }
    return [url, _facet(scope, identity, "NetworkConnection", network)]


def _facet(scope: str, identity: str, kind: str, values: Node) -> Node:
    """An observable object with one facet of its kind."""
    facet = {
        "@id": _id(f"uco-observable:{kind}Facet", scope, identity),
        "@type": f"uco-observable:{kind}Facet",
        **values,
    }
    return _node(f"uco-observable:{kind}", scope, identity, {"uco-core:hasFacet": [facet]})


def _act(scope: str, act: CustodyRow) -> Node:
    """What a person did with the evidence."""
    time = {"@type": "xsd:dateTime", "@value": iso(act.time)}
    return _node(
        "case-investigation:InvestigativeAction",
        scope,
        f"act {act.digest}",
        {
            "uco-core:name": f"{act.action} {act.subject}",
            "uco-core:description": f"{act.actor}: {act.detail}",
            "uco-action:startTime": time,
            "uco-action:endTime": time,
        },
    )


def _scope(case: CaseFile) -> str:
    digests = [act.digest for act in case.acts if act.action == "record"]
    return f"{case.subject} {digests[0]}" if digests else case.subject


def _node(kind: str, scope: str, identity: str, values: Node) -> Node:
    return {"@id": _id(kind, scope, identity), "@type": kind, **values}


def _id(kind: str, scope: str, identity: str) -> str:
    return f"kb:{kind.partition(':')[2].lower()}-{uuid.uuid5(_OWN, f'{kind} {scope} {identity}')}"


def _ref(node: Node) -> Node:
    return {"@id": node["@id"]}
