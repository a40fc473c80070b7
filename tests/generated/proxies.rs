//! Slow: what a repository tells its proxy, under that proxy itself.

use super::{Repository, setting};
use crate::support::{Sandbox, manifest};

/// Has the proxy read its configuration, where the repository has one.
pub fn judge(repository: &mut Repository) {
    let python = setting("GATE_JUDGES").join("bin/python");
    let script = manifest("tests/generated/proxies.py");
    let folder = repository.path();
    for (proxy, label) in [
        ("nginx", "nginx -t"),
        ("envoy", "envoy --mode validate, and its start"),
        ("traefik", "start of Traefik"),
    ] {
        if folder.join("deploy").join(proxy).exists() {
            let tools = setting("GATE_PROXIES");
            let arguments = [&script, &folder, &tools].map(|path| path.to_str().expect("UTF-8"));
            repository.judge(label, &python, &arguments);
        }
    }
}

/// What a proxy reads depends on more than two choices at a time.
#[test]
#[ignore = "runs real tools"]
fn every_proxy_takes_every_certificate_wherever_it_runs() {
    let mut findings = Vec::new();
    for proxy in ["nginx", "traefik", "envoy"] {
        for tls in ["files", "acme", "upstream"] {
            for orchestrator in ["compose", "systemd"] {
                for metrics in ["--metrics", "--no-metrics"] {
                    let flags =
                        ["--proxy", proxy, "--tls", tls, "--orchestrator", orchestrator, metrics];
                    if is_refused(&flags) {
                        continue;
                    }
                    let mut repository = Repository::new("shop-api", &flags);
                    judge(&mut repository);
                    assert_eq!(repository.judges, 1, "{flags:?}");
                    print!("{}", repository.log);
                    findings.extend((!repository.findings.is_empty()).then_some(flags));
                }
            }
        }
    }
    assert!(findings.is_empty(), "{findings:#?}");
}

/// Whether these answers cannot stand beside each other.
fn is_refused(flags: &[&str]) -> bool {
    let arguments = [&["new", "shop-api", "--yes", "--dry-run"], flags].concat();
    Sandbox::new().run(&arguments).status == Some(2)
}
