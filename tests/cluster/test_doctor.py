"""`rollout.sh OVERLAY --doctor`: each thing is broken on purpose, is named, and is mended by the command that is printed."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import Cluster
from doctor import Doctor, changed
from support import Answers, Authority, run

ZEROS = f"sha256:{'0' * 64}"


@pytest.fixture
def certificate(cluster: Cluster, authority: Authority) -> Iterator[Path]:
    """A folder for another certificate; the right one is where the printed command looks for it."""
    yield authority.chain.parent
    give(cluster, authority.chain, authority.key)


def give(cluster: Cluster, chain: Path, key: Path) -> None:
    """Put another certificate into the Secret, which kubectl does not look at where it is not valid."""
    made = run("kubectl", "create", "secret", "generic", f"{cluster.name}-tls", "--type=kubernetes.io/tls", f"--from-file=tls.crt={chain}",
               f"--from-file=tls.key={key}", "--dry-run=client", "--output=yaml").stdout
    run("sh", "-c", f"kubectl --namespace={cluster.name} apply --server-side --force-conflicts --filename - <<'END'\n{made}\nEND\n")


@contextlib.contextmanager
def account(cluster: Cluster, folder: Path) -> Iterator[str]:
    """An account without any rights; gives its kubeconfig."""
    config = folder / "kubeconfig"
    config.write_text(run("kubectl", "config", "view", "--raw", "--minify").stdout)
    cluster.kubectl("create", "serviceaccount", "pipeline")
    token = cluster.kubectl("create", "token", "pipeline")
    run("kubectl", f"--kubeconfig={config}", "config", "set-credentials", "pipeline", f"--token={token}")
    run("kubectl", f"--kubeconfig={config}", "config", "set-context", "--current", "--user=pipeline")
    try:
        yield str(config)
    finally:
        cluster.kubectl("delete", "serviceaccount/pipeline", "role/rollout", "rolebinding/rollout", "--ignore-not-found")


def test_nothing_is_wrong_after_the_first_rollout(doctor: Doctor):
    status, reports = doctor.examine()

    # The certificate of the tests is for a week.
    assert (status, [report.level for report in reports]) == (0, ["warning"])
    assert reports[0].what.startswith("the certificate expires within two weeks")


def test_a_secret_without_a_key(doctor: Doctor, cluster: Cluster):
    cluster.kubectl("patch", f"secret/{cluster.name}", "--type=json", '--patch=[{"op": "remove", "path": "/data/app_database_url"}]')

    doctor.mends(f"the Secret {cluster.name} has no app_database_url; .*")


def test_a_secret_that_is_missing(doctor: Doctor, cluster: Cluster):
    cluster.kubectl("delete", f"secret/{cluster.name}")

    reports = doctor.wrong()
    for report in reports:
        run("sh", "-euc", report.command, cwd=cluster.folder)

    assert [re.findall(r"has no (\w+);", report.what) for report in reports] == [["app_database_url"], ["app_broker_url"]]
    assert all("password@" not in report.command + report.what for report in reports)
    assert doctor.wrong() == []


def test_a_certificate_that_is_missing(doctor: Doctor, cluster: Cluster, certificate: Path):
    cluster.kubectl("delete", f"secret/{cluster.name}-tls")

    doctor.mends(f"the Secret {cluster.name}-tls is missing or holds no certificate; .*")


def test_a_certificate_that_has_expired(doctor: Doctor, cluster: Cluster, certificate: Path, authority: Authority, tmp_path: Path):
    expired = tmp_path / "expired.pem"
    run("openssl", "x509", "-req", "-in", str(certificate / "request.pem"), "-key", str(authority.key), "-days", "-1",
        "-extfile", str(certificate / "extensions"), "-out", str(expired))
    give(cluster, expired, authority.key)

    doctor.mends("the certificate has expired; .*")


def test_a_certificate_for_another_name(doctor: Doctor, cluster: Cluster, certificate: Path, tmp_path: Path, answers: Answers):
    other = Authority(tmp_path, "other.example.com")
    give(cluster, other.chain, other.key)

    doctor.mends(f"the certificate is not for {re.escape(answers.domain)}; .*")


def test_a_key_of_another_certificate(doctor: Doctor, cluster: Cluster, certificate: Path, authority: Authority, tmp_path: Path):
    give(cluster, authority.chain, Authority(tmp_path, "other.example.com").key)

    doctor.mends(f"the key in the Secret {cluster.name}-tls is not the certificate's; .*")


def test_a_kind_that_the_cluster_does_not_have(doctor: Doctor, cluster: Cluster):
    run("kubectl", "delete", "customresourcedefinition/prometheusrules.monitoring.coreos.com")
    try:
        wrong = doctor.wrong()
        refused = cluster.rollout(cluster.digest)
    finally:
        run("cluster-crds", "monitoring.coreos.com")

    # The command installs the operator from elsewhere, so it is not run here.
    assert [report.what for report in wrong] == ["the cluster has no PrometheusRule of monitoring.coreos.com/v1"]
    assert wrong[0].command.startswith("helm install monitoring kube-prometheus-stack ")
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (1, "rollout.sh: nothing was changed")
    assert doctor.wrong() == []
    assert cluster.rollout(cluster.digest, WATCH_SECONDS="0").returncode == 0


def test_a_digest_of_zeros(doctor: Doctor, cluster: Cluster):
    before = cluster.state()
    with changed(cluster.folder / "overlays/production/kustomization.yaml", lambda text: text.replace(cluster.digest, ZEROS)):
        wrong = doctor.wrong()
    refused = cluster.rollout(ZEROS)

    assert [report.what for report in wrong] == [f"{ZEROS} is no image's digest; its own is printed by"]
    assert (refused.returncode, refused.stderr.splitlines()[-1]) == (1, "rollout.sh: nothing was changed")
    assert cluster.state() == before == (cluster.digest, cluster.digest)


def test_a_namespace_that_is_missing(cluster: Cluster):
    staging = Doctor(cluster.folder, "./rollout.sh", ("staging", "--doctor"))

    [missing] = staging.wrong()
    run("sh", "-euc", missing.command, cwd=cluster.folder)

    assert missing.what == f"there is no namespace {cluster.name}-staging"
    assert all(f"namespace {cluster.name}-staging" not in report.what for report in staging.wrong())
    run("kubectl", "delete", "namespace", f"{cluster.name}-staging", "--wait=false")


def test_a_cluster_that_does_not_answer(cluster: Cluster, doctor: Doctor, tmp_path: Path):
    config = tmp_path / "kubeconfig"
    text = run("kubectl", "config", "view", "--raw", "--minify").stdout
    config.write_text(re.sub("server: .*", "server: https://127.0.0.1:1", text))

    [report] = doctor.wrong(KUBECONFIG=str(config))

    assert report.what.startswith("the cluster does not answer: ")


def test_an_account_without_rights_gets_all_that_a_rollout_needs(cluster: Cluster, doctor: Doctor, tmp_path: Path):
    with account(cluster, tmp_path) as config:
        wrong = doctor.wrong(KUBECONFIG=config)
        run("sh", "-euc", wrong[0].command)
        left = doctor.wrong(KUBECONFIG=config)
        rolled = cluster.rollout(cluster.digest, KUBECONFIG=config, WATCH_SECONDS="0")

    assert wrong[0].what == f"system:serviceaccount:{cluster.name}:pipeline may not list pods in {cluster.name}"
    assert left == []
    assert rolled.returncode == 0, rolled.stderr


def test_a_quota_that_has_no_room_for_one_pod_more(cluster: Cluster, doctor: Doctor):
    cluster.kubectl("create", "quota", "tight", "--hard=pods=3")
    try:
        wrong = doctor.wrong()
    finally:
        cluster.kubectl("delete", "quota/tight")

    assert wrong and all("exceeded quota: tight" in report.what for report in wrong)
    assert doctor.wrong() == []


def test_a_pod_that_is_larger_than_any_node_is_a_warning(cluster: Cluster, doctor: Doctor):
    with changed(cluster.folder / "base/deployment.yaml", larger):
        status, reports = doctor.examine()

    assert status == 0
    assert f"a pod of {cluster.name} asks for 64 CPU and 192Mi, more than any node has now" in [report.what for report in reports]


def larger(text: str) -> str:
    return re.sub(r'limits: {cpu: "\d+"', 'limits: {cpu: "64"', re.sub(r"requests: {cpu: \d+m", "requests: {cpu: 64", text))
