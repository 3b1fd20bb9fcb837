"""deploy/kubernetes held against the schemas, the map, compose, the settings and the ledger."""

import json
import re
import shutil
import subprocess
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from sqlalchemy import text

from shared.db import read_session, write_session
from shared.ledger_models import PausedStage, RunState, StageRun
from shared.pipeline import SERVICES, stages_of
from shared.settings import ROOT, Settings

KUBERNETES = ROOT / "deploy" / "kubernetes"
#: Those of the newest three versions, which is what a cloud offers.
VERSIONS = ("1.35", "1.36", "1.37")
#: Not sent to a cluster.
KUSTOMIZE = ("Kustomization", "Component")
#: What has pods of ours besides the workers.
OTHERS = ("scheduler", "portal", "flower")


def documents(folder: Path) -> list[dict]:
    """What a folder's own files say, as they stand; patches are no whole documents."""
    found = [
        document
        for path in sorted(folder.rglob("*.yaml"))
        if "patches" not in path.parts
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]
    return [document for document in found if document["kind"] not in KUSTOMIZE]


def named(found: list[dict], kind: str) -> dict[str, dict]:
    return {document["metadata"]["name"]: document for document in found if document["kind"] == kind}


def validate(document: dict) -> None:
    if document["apiVersion"].startswith("keda.sh/"):
        schema = next(KUBERNETES.glob(f"schemas/keda-*/{document['kind'].lower()}.json"))
        jsonschema.validate(document, json.loads(schema.read_text(encoding="utf-8")))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of importlib.resources and jsonschema, older ways to ask them
        import kubernetes_validate

        for version in VERSIONS:
            kubernetes_validate.validate(document, version, strict=True)


def kubectl() -> str | None:
    """A kubectl whose kustomize knows components; Debian 12's does not."""
    found = shutil.which("kubectl")
    if found is None:
        return None
    said = subprocess.run([found, "version", "--client", "-o", "json"], capture_output=True, check=False).stdout
    return found if json.loads(said or "{}").get("kustomizeVersion", "v0").startswith("v5") else None


def secret_files() -> dict[str, dict[str, str]]:
    """The variables of each secret's example."""
    examples = (KUBERNETES / "overlays" / "example").glob("*.env.example")
    return {
        path.name.removesuffix(".env.example"): dict(
            line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
        )
        for path in examples
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> list[dict]:
    """What `kubectl apply -k overlays/example` would send, with secrets filled in."""
    program = kubectl()
    if program is None:
        pytest.skip("no kubectl with kustomize 5: `apt-get install kubernetes-client` (Debian 13) adds it")
    folder = tmp_path_factory.mktemp("kubernetes") / "copy"
    shutil.copytree(KUBERNETES, folder)
    for name, variables in secret_files().items():
        lines = [f"{variable}=filled-in\n" for variable in variables]
        (folder / "overlays" / "example" / f"{name}.env").write_text("".join(lines), encoding="utf-8")
    command = [program, "kustomize", str(folder / "overlays" / "example")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return list(yaml.safe_load_all(ran.stdout))


def pods_of(found: list[dict]) -> dict[str, dict]:
    """The pod of every Deployment, StatefulSet, Job and CronJob, by name."""
    return {one["metadata"]["name"]: template_of(one)["spec"] for one in pods_with_labels(found)}


def template_of(document: dict) -> dict:
    return document["spec"].get("jobTemplate", document)["spec"]["template"]


def test_every_document_is_one_that_kubernetes_or_keda_knows():
    found = documents(KUBERNETES)
    assert len(found) > 25
    for document in found:
        validate(document)


def test_what_is_applied_is_one_that_kubernetes_or_keda_knows(cluster):
    for document in cluster:
        validate(document)


@pytest.mark.parametrize("kind", ["scaledobject", "triggerauthentication", "deployment"])
def test_a_field_that_nobody_knows_is_refused(kind):
    document = next(one for one in documents(KUBERNETES) if one["kind"].lower() == kind)
    document["spec"]["minReplicas"] = 1
    with pytest.raises(Exception, match="minReplicas"):
        validate(document)


def test_every_service_of_the_map_has_its_deployment_and_is_scaled():
    found = documents(KUBERNETES)
    deployments, scaled = named(found, "Deployment"), named(found, "ScaledObject")
    assert set(deployments) == {*SERVICES, *OTHERS}
    assert set(scaled) == set(SERVICES)
    assert set(named(found, "PodDisruptionBudget")) == {*SERVICES, "scheduler", "portal"}
    for service in SERVICES:
        deployment = deployments[service]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert {"name": "SERVICE", "value": service} in container["env"]
        assert deployment["metadata"]["labels"]["kiosque"] == "worker"  # else the patch passes it by
        assert "replicas" not in deployment["spec"]  # else each apply undoes what KEDA did
        assert scaled[service]["spec"]["scaleTargetRef"] == {"name": service}


def test_selectors_meet_their_pods():
    found = documents(KUBERNETES)
    pods = {template_of(one)["metadata"]["labels"]["app.kubernetes.io/name"]: one for one in pods_with_labels(found)}
    for document in found:
        if document["kind"] in ("PodDisruptionBudget", "Deployment", "StatefulSet"):
            (wanted,) = document["spec"]["selector"]["matchLabels"].values()
            assert wanted == document["metadata"]["name"]
            assert wanted in pods
        if document["kind"] == "Service":
            assert document["spec"]["selector"] == {"app.kubernetes.io/name": document["metadata"]["name"]}
            asked = {row["targetPort"] for row in document["spec"]["ports"]}
            assert asked <= open_ports(pods[document["metadata"]["name"]])
        if document["kind"] == "NetworkPolicy" and (chosen := document["spec"]["podSelector"]):
            (rule,) = document["spec"]["ingress"]
            asked = {row["port"] for row in rule["ports"]}
            assert asked <= open_ports(pods[chosen["matchLabels"]["app.kubernetes.io/name"]])


def open_ports(document: dict) -> set[str]:
    (container,) = template_of(document)["spec"]["containers"]
    return {row["name"] for row in container.get("ports", ())}


def pods_with_labels(found: list[dict]) -> list[dict]:
    return [one for one in found if one["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob")]


def test_images_and_commands_are_those_of_compose():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    overlay = yaml.safe_load((KUBERNETES / "overlays" / "example" / "kustomization.yaml").read_text(encoding="utf-8"))
    deployments = named(documents(KUBERNETES), "Deployment")
    for name, deployment in deployments.items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["image"] == compose[name]["image"].partition(":")[0]
        if name in ("scheduler", "portal"):
            assert container["command"] == compose[name]["command"]
    assert {one["name"] for one in overlay["images"]} == {f"kiosque/{name}" for name in deployments}


def test_pods_are_closed(cluster):
    for name, pod in pods_of(cluster).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert security["allowPrivilegeEscalation"] is False, name
            assert {"memory"} <= set(container["resources"]["limits"]), name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name


def test_every_pod_of_ours_waits_for_the_tables_and_has_time_to_hand_back(cluster):
    pods = pods_of(cluster)
    for name in (*SERVICES, *OTHERS):
        (wait,) = pods[name]["initContainers"]
        assert wait["command"][:3] == ["kiosque", "migrate", "--wait"], name
        assert pods[name]["terminationGracePeriodSeconds"] > 2 * Settings().soft_shutdown_s, name
        assert pods[name]["shareProcessNamespace"], name
        assert "readinessProbe" in pods[name]["containers"][0], name
    for service in SERVICES:
        (container,) = pods[service]["containers"]
        assert "livenessProbe" not in container, "a broker that is away would have every worker started anew"
        assert container["command"] == ["python", "-m", "services.worker"]


def test_every_variable_is_a_setting_and_every_secret_has_its_empty_example(cluster):
    settings = {f"KIOSQUE_{name.upper()}" for name in Settings.__dataclass_fields__}
    given = {variable for one in cluster if one["kind"] == "ConfigMap" for variable in one["data"]} - {"redis.conf"}
    asked: dict[str, set[str]] = {}
    for pod in pods_of(cluster).values():
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            for row in container.get("env", ()):
                given.add(row["name"])
                if reference := row.get("valueFrom", {}).get("secretKeyRef"):
                    asked.setdefault(reference["name"], set()).add(reference["key"])
            for row in container.get("envFrom", ()):
                if "secretRef" in row:
                    asked.setdefault(row["secretRef"]["name"], set())
    examples = secret_files()
    assert set(asked) == set(examples)
    for secret, keys in asked.items():
        assert keys <= set(examples[secret])
        assert not any(examples[secret].values()), "a secret has no default"
        given |= set(examples[secret])
    ours = {variable for variable in given if variable.startswith("KIOSQUE_")}
    assert ours <= settings
    assert {"KIOSQUE_DATABASE_URL", "KIOSQUE_BROKER_URL", "KIOSQUE_BLOBS_URL", "KIOSQUE_SECRET_KEY"} <= ours
    (reference,) = named(cluster, "TriggerAuthentication")["kiosque-ledger"]["spec"]["secretTargetRef"]
    assert reference["key"] in examples[reference["name"]]


def test_nobody_reaches_a_pod_but_who_is_named(cluster):
    policies = named(cluster, "NetworkPolicy")
    assert policies["deny-in"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    assert set(policies) == {"deny-in", "portal-in", "metrics-in", "redis-in"}
    (rule,) = policies["metrics-in"]["spec"]["ingress"]
    (reader,) = rule["from"]  # one entry: that pod in that namespace; two would let either in
    assert reader["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert reader["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}


@pytest.mark.parametrize(
    ("name", "variable", "port"),
    [
        ("scheduler", "KIOSQUE_METRICS_ADDRESS", "metrics"),
        ("portal", "KIOSQUE_PORTAL_ADDRESS", "http"),
        ("flower", "KIOSQUE_FLOWER_ADDRESS", "http"),
    ],
)
def test_what_is_asked_listens_where_it_is_asked(name, variable, port):
    (container,) = template_of(named(documents(KUBERNETES), "Deployment")[name])["spec"]["containers"]
    addresses = {row["name"]: row.get("value") for row in container["env"]}
    ports = {row["name"]: row["containerPort"] for row in container["ports"]}
    assert addresses[variable] == f"0.0.0.0:{ports[port]}"


def test_what_has_a_disk_may_write_to_it_and_is_one_pod(cluster):
    claims = set(named(cluster, "PersistentVolumeClaim"))
    mounted = {"flower": ("flower", Settings().var / "flower"), "backups": ("backup", Settings().var / "backups")}
    assert claims == set(mounted)
    pods = pods_of(cluster)
    for claim, (name, folder) in mounted.items():
        (volume,) = [one for one in pods[name]["volumes"] if "persistentVolumeClaim" in one]
        assert volume["persistentVolumeClaim"] == {"claimName": claim}
        paths = {one["name"]: one["mountPath"] for one in pods[name]["containers"][0]["volumeMounts"]}
        assert paths == {"tmp": "/tmp", volume["name"]: f"/var/lib/kiosque/{folder.name}"}  # KIOSQUE_VAR of the images
        assert pods[name]["securityContext"]["fsGroup"] == pods[name]["securityContext"]["runAsUser"]
    flower = named(cluster, "Deployment")["flower"]["spec"]
    assert (flower["replicas"], flower["strategy"]) == (1, {"type": "Recreate"})
    assert named(cluster, "CronJob")["backup"]["spec"]["concurrencyPolicy"] == "Forbid"


def test_redis_has_room_for_the_copy_that_it_writes_its_file_from(cluster):
    (container,) = pods_of(cluster)["redis"]["containers"]
    (most,) = re.findall(r"^maxmemory (\d+)mb$", (ROOT / "deploy" / "redis.conf").read_text(), re.MULTILINE)
    assert container["resources"]["limits"]["memory"] == "1Gi"
    assert 2 * int(most) <= 1024


def test_its_redis_has_the_settings_of_compose():
    assert (KUBERNETES / "redis" / "redis.conf").read_bytes() == (ROOT / "deploy" / "redis.conf").read_bytes()


def query_of(service: str) -> str:
    (trigger,) = named(documents(KUBERNETES), "ScaledObject")[service]["spec"]["triggers"]
    assert trigger["authenticationRef"]["name"] == "kiosque-ledger"
    return str(trigger["metadata"]["query"])


def add_ledger(stage: str, first_id: int) -> int:
    """Rows of a stage in every state, some early, some late; returns how many of them are due."""
    moment = datetime.now(UTC)
    past, future = moment - timedelta(minutes=5), moment + timedelta(minutes=5)
    rows = [
        (RunState.DUE, past, None, None),
        (RunState.DUE, past, past, None),  # a message for it waits
        (RunState.DUE, future, None, None),
        (RunState.RUNNING, past, past, future),
        (RunState.RUNNING, past, past, past),  # its worker died
        (RunState.DONE, past, past, past),
        (RunState.WAITING, past, None, None),
        (RunState.SET_ASIDE, past, None, None),
    ]
    with write_session() as session:
        for number, (state, due_at, published_at, lease_until) in enumerate(rows):
            session.add(
                StageRun(
                    stage=stage, subject_id=first_id + number, state=state, due_at=due_at,
                    published_at=published_at, lease_until=lease_until,
                )
            )  # fmt: skip
    return 3


def test_keda_counts_what_is_due_and_of_its_service_alone(postgresql):
    expected = dict.fromkeys(SERVICES, 0)
    for copies, service in enumerate(SERVICES, start=1):  # each service another number
        for stage in stages_of(service):
            for copy in range(copies):
                expected[service] += add_ledger(stage.name, first_id=1 + 10 * copy)
    with read_session() as session:
        counted = {service: session.scalar(text(query_of(service))) for service in SERVICES}
    assert counted == expected
    with write_session() as session:
        session.add(PausedStage(stage="fetch"))
        session.add(PausedStage(stage="tag"))
    with read_session() as session:
        counted = {service: session.scalar(text(query_of(service))) for service in SERVICES}
    assert counted == expected | {"scraper": expected["scraper"] // 2, "tagger": 0}


def test_keda_reads_the_index_and_nobody_counts_without_end(postgresql):
    with write_session() as session:
        session.execute(
            text(
                "INSERT INTO stage_run (stage, subject_id, part, state, priority, attempts, worker, reason, detail)"
                " SELECT stage, n, '', CASE WHEN n % 20 = 0 THEN 'due' ELSE 'done' END, 5, 0, '', '', ''"
                " FROM generate_series(1, 20000) AS n, unnest(ARRAY['parse', 'tag', 'moderate']) AS stage"
            )
        )
        session.execute(
            text(
                "INSERT INTO stage_run (stage, subject_id, part, state, priority, attempts, worker, reason, detail)"
                " SELECT 'translate', n, '', 'due', 5, 0, '', '', '' FROM generate_series(1, 12000) AS n"
            )
        )
        session.execute(text("ANALYZE stage_run"))
    with read_session() as session:
        plan = "\n".join(session.scalars(text(f"EXPLAIN {query_of('parser')}")))
        assert session.scalar(text(query_of("parser"))) == 1000
        assert session.scalar(text(query_of("translator"))) == 10_000
    assert plan.count("using stage_run_by_state") + plan.count("on stage_run_by_state") == 2, plan
    assert "Seq Scan on stage_run" not in plan, plan
