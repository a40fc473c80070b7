//! Slow: what is generated, under tools that we did not write. Ignored by default; `.ci/run`
//! makes the tools and shows how the tests are called.
//!
//! `GATE_JUDGES` names a virtual environment with the judges of `.ci/judges.txt`,
//! `GATE_PROXIES` what `tests/machine/tools` prints, `GATE_PYTHON` a Python of the
//! default minor version or 3.12, `GATE_STATE` a folder for virtual environments that
//! may be kept. `GATE_PACK` names the folder of another pack to generate from,
//! `GATE_FLAGS` the flags of one repository to judge, `GATE_COVER=pairs` asks for every
//! pair of choices.

#![expect(clippy::print_stdout, reason = "the log of CI shows what was judged")]

mod proxies;
mod upgrade;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Sandbox, Strength, cover, extremes, manifest};

fn setting(name: &str) -> PathBuf {
    std::env::var_os(name).unwrap_or_else(|| panic!("{name} is not set; see .ci/run")).into()
}

/// The longest line of YAML where no answer is longer.
const LINES: &str = "{max: 130}";

/// A generated repository and the tools to judge it with.
struct Repository {
    sandbox: Sandbox,
    name: &'static str,
    log: String,
    judges: usize,
    findings: Vec<String>,
    /// How long lines of YAML may be, for yamllint.
    lines: &'static str,
}

impl Repository {
    fn new(name: &'static str, arguments: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        let pack = std::env::var("GATE_PACK").ok();
        let pack = pack.iter().flat_map(|folder| ["--pack", folder]).collect::<Vec<_>>();
        let output = sandbox.run(&[&pack[..], &["new", name, "--yes"], arguments].concat());
        assert_eq!(output.status, Some(0), "{}", output.stderr);
        let log = format!("== {name} {}\n", arguments.join(" "));
        Self { sandbox, name, log, judges: 0, findings: Vec::new(), lines: LINES }
    }

    fn path(&self) -> PathBuf {
        self.sandbox.join(self.name)
    }

    /// Returns a virtual environment with the repository's own requirements, kept between runs:
    /// one for each set of pins, whoever needs them.
    fn environment(&mut self) -> PathBuf {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let requirements = self.sandbox.read(&format!("{}/requirements-dev.txt", self.name));
        let pins = requirements.lines().filter(|line| !line.trim_start().starts_with('#'));
        let pins = pins.collect::<Vec<_>>().join("\n");
        let name = fastwright::tree::digest(std::iter::once((String::new(), pins.as_bytes())));
        let short: String = name.chars().skip(7).take(16).collect();
        let folder = setting("GATE_STATE").join(format!("uv-venv-{short}"));
        let _guard = ONE_AT_A_TIME.lock().expect("no other thread panicked");
        if !folder.join("complete").exists() {
            let uv = setting("GATE_JUDGES").join("bin/uv");
            let venv = folder.to_str().expect("UTF-8");
            let python = setting("GATE_PYTHON");
            let python = python.to_str().expect("UTF-8");
            self.judge("uv venv", &uv, &["venv", "--quiet", "--clear", "--python", python, venv]);
            let install = ["pip", "install", "--quiet", "--require-hashes", "--python", venv];
            let install = [&install[..], &["-r", "requirements-dev.txt"]].concat();
            self.judge("uv pip install --require-hashes", &uv, &install);
            self.judge("uv pip check", &uv, &["pip", "check", "--quiet", "--python", venv]);
            std::fs::write(folder.join("complete"), "").expect("written");
        }
        folder
    }

    /// Returns a virtual environment of its own, made as the README says.
    fn environment_by_pip(&mut self) -> PathBuf {
        let folder = self.sandbox.join("venv");
        let venv = folder.to_str().expect("UTF-8");
        self.judge("python -m venv", &setting("GATE_PYTHON"), &["-m", "venv", venv]);
        let install = ["install", "--quiet", "--require-hashes", "-r", "requirements-dev.txt"];
        self.judge("pip install --require-hashes", &folder.join("bin/pip"), &install);
        self.judge("pip check", &folder.join("bin/pip"), &["check"]);
        folder
    }

    /// Runs a judge in the repository; what it says is a finding unless it is content.
    fn judge(&mut self, label: &str, program: &Path, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        // The folder of the judge first: tools call each other by name.
        let path = std::env::var("PATH").unwrap_or_default();
        let own = program.parent().unwrap_or(Path::new("/")).display();
        command.env("PATH", format!("{own}:{path}")).envs(self.database_url());
        self.judges += 1;
        let begin = std::time::Instant::now();
        let output = command.output().unwrap_or_else(|error| panic!("{label}: {error}"));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let took = begin.elapsed().as_secs_f32();
        if output.status.success() {
            let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("silent");
            let last = last.trim();
            writeln!(self.log, "ok    {label:<44} {took:>6.1} s  {last}").expect("a String");
        } else {
            writeln!(self.log, "FAIL  {label:<44} {took:>6.1} s\n{said}").expect("a String");
            self.findings.push(label.to_owned());
        }
        said
    }

    /// Returns the address of a database for repositories that start none of their own.
    fn database_url(&self) -> Option<(&str, String)> {
        let state = self.sandbox.read(&format!("{}/.fastwright.toml", self.name));
        let chosen = state.lines().find_map(|line| line.strip_prefix("database = "))?;
        let variable = format!("GATE_URL_{}", chosen.trim_matches('"').to_ascii_uppercase());
        Some(("APP_DATABASE_URL", std::env::var(variable).ok()?))
    }

    fn done(self) {
        println!("{}", self.log);
        assert!(self.findings.is_empty(), "{}: {:?}", self.name, self.findings);
    }
}

/// Judges that take no longer than a moment.
fn quick_judges(repository: &mut Repository, environment: &Path) {
    let ruff = environment.join("bin/ruff");
    repository.judge("ruff check", &ruff, &["check", "--no-cache", "."]);
    repository.judge("ruff format --check", &ruff, &["format", "--no-cache", "--check", "."]);
    let python = setting("GATE_JUDGES").join("bin/python");
    let folder = repository.path();
    let script = manifest("tests/generated/consistency.py");
    let arguments = [&script, &folder].map(|path| path.to_str().expect("UTF-8"));
    repository.judge("consistency", &python, &arguments);
    proxies::judge(repository);
}

/// Judges whether a package could hide what is installed.
fn names_judge(repository: &mut Repository, environment: &Path) {
    let arguments = [manifest("tests/generated/names.py"), manifest("templates/fastapi")];
    let arguments = arguments.each_ref().map(|path| path.to_str().expect("UTF-8"));
    repository.judge("reserved names", &environment.join("bin/python"), &arguments);
}

/// Judges of the code, and of whether files agree with each other.
fn own_judges(repository: &mut Repository, environment: &Path, mypy: &[&str]) {
    let judges = setting("GATE_JUDGES").join("bin");
    quick_judges(repository, environment);
    repository.judge("mypy --strict", &environment.join("bin/mypy"), mypy);
    let python = judges.join("python");
    let folder = repository.path();
    let folder = folder.to_str().expect("UTF-8");
    let script = manifest("tests/generated/monitoring.py");
    let arguments = [script.to_str().expect("UTF-8"), folder];
    repository.judge("alerts under promtool", &python, &arguments);
    let script = manifest("tests/generated/pipeline.py");
    let shellcheck = judges.join("shellcheck");
    let arguments = [script.as_path(), Path::new(folder), &shellcheck];
    let arguments = arguments.map(|path| path.to_str().expect("UTF-8"));
    repository.judge("pipelines", &python, &arguments);
    if repository.path().join("deploy/kubernetes").exists() {
        let script = manifest("tests/generated/kubernetes.py");
        let schemas = setting("GATE_SCHEMAS");
        let arguments = [script.as_path(), Path::new(folder), &schemas];
        let arguments = arguments.map(|path| path.to_str().expect("UTF-8"));
        let said = repository.judge("kubernetes manifests", &python, &arguments);
        repository.log += said.trim_end();
        repository.log.push('\n');
    }
    if repository.path().join("deploy/systemd").exists() {
        let script = manifest("tests/generated/systemd.py");
        let arguments = [script.to_str().expect("UTF-8"), folder];
        repository.judge("systemd-analyze verify, security", &python, &arguments);
    }
}

/// Judges that only read: of every repository, whatever its answers.
fn read_only_judges(repository: &mut Repository, environment: &Path) {
    own_judges(repository, environment, &[]);
    let judges = setting("GATE_JUDGES").join("bin");
    if repository.path().join("Dockerfile").exists() {
        repository.judge("hadolint", &judges.join("hadolint"), &["Dockerfile"]);
    }
    // GitHub's own style has one blank before a comment; links to manuals are long.
    let rules = format!(
        "{{extends: default, rules: {{line-length: {}, comments: {{min-spaces-from-content: 1}}}}}}",
        repository.lines
    );
    repository.judge(
        "yamllint --strict",
        &judges.join("yamllint"),
        &["--strict", "-d", &rules, "."],
    );
    // Manifests are judged as they are applied, by kubernetes.py.
    let checkov = [
        "-d",
        ".",
        "--skip-download",
        "--compact",
        "--quiet",
        "--skip-path",
        "deploy/kubernetes",
        "--framework",
        "dockerfile",
        "github_actions",
        "gitlab_ci",
        "secrets",
    ];
    repository.judge("checkov", &judges.join("checkov"), &checkov);
    for compose in
        ["compose.dev.yaml", "deploy/compose/compose.yaml", "deploy/compose/compose.database.yaml"]
    {
        if repository.path().join(compose).exists() {
            let schema = ["--builtin-schema", "vendor.compose-spec", compose];
            let label = format!("compose schema: {compose}");
            repository.judge(&label, &judges.join("check-jsonschema"), &schema);
        }
    }
    if repository.path().join(".github/workflows").exists() {
        let zizmor = ["--offline", "--persona", "auditor", "."];
        repository.judge("zizmor --persona auditor", &judges.join("zizmor"), &zizmor);
        let schema = ["--builtin-schema", "vendor.github-workflows", ".github/workflows/ci.yml"];
        repository.judge("workflow schema", &judges.join("check-jsonschema"), &schema);
        let schema = ["--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"];
        repository.judge("dependabot schema", &judges.join("check-jsonschema"), &schema);
    }
    if repository.path().join(".gitlab-ci.yml").exists() {
        let schema = ["--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml"];
        repository.judge("pipeline schema", &judges.join("check-jsonschema"), &schema);
        let schema = ["--builtin-schema", "vendor.renovate", "renovate.json"];
        repository.judge("renovate schema", &judges.join("check-jsonschema"), &schema);
    }
    if repository.path().join("deploy/nginx/nginx.conf").exists() {
        repository.judge("gixy", &judges.join("gixy"), &["deploy/nginx/nginx.conf"]);
    }
    for script in
        ["deploy/compose/rollout.sh", "deploy/kubernetes/rollout.sh", "deploy/systemd/deploy.sh"]
    {
        if repository.path().join(script).exists() {
            repository.judge(
                &format!("shellcheck {script}"),
                &judges.join("shellcheck"),
                &[script],
            );
        }
    }
}

#[test]
#[ignore = "installs and runs real tools"]
fn default_repository_has_no_findings() {
    let mut repository = Repository::new("shop-api", &[]);
    let environment = repository.environment_by_pip();

    read_only_judges(&mut repository, &environment);
    repository.judge("pytest, 95 % of branches", &environment.join("bin/pytest"), &["--cov", "-q"]);
    let python = environment.join("bin/python");
    for (judge, script) in
        [("dev.py reloads", "reload"), ("schemathesis --checks all", "schemathesis")]
    {
        let script = manifest(&format!("tests/generated/{script}.py"));
        repository.judge(judge, &python, &[script.to_str().expect("UTF-8")]);
    }
    locks_judge(&mut repository);

    repository.done();
}

#[test]
#[ignore = "breaks real databases, as root"]
fn a_broken_database_costs_no_more_than_it_must() {
    for flags in [&[][..], &["--database", "mariadb"]] {
        let mut repository = Repository::new("shop-api", flags);
        let python = repository.environment().join("bin/python");
        let script = manifest("tests/generated/databases.py");
        let arguments = [script.to_str().expect("UTF-8"), "."];
        repository.judge("a database, broken on purpose", &python, &arguments);
        repository.done();
    }
}

#[test]
#[ignore = "installs and runs real tools"]
fn the_schema_is_what_a_validator_makes_of_it() {
    let mut repository = Repository::new("shop-api", &["--save-answers", "shop-api.json"]);
    let schema = repository.sandbox.run(&["schema"]).stdout;
    repository.sandbox.write("shop-api/schema.json", schema);
    let saved = repository.sandbox.read("shop-api.json");
    repository.sandbox.write("shop-api/good.json", &saved);
    let tool = setting("GATE_JUDGES").join("bin/check-jsonschema");

    repository.judge("schema of the schema", &tool, &["--check-metaschema", "schema.json"]);
    repository.judge("saved answers", &tool, &["--schemafile", "schema.json", "good.json"]);
    repository.done();
    for (wrong, right) in
        [("\"postgres\"", "\"postgress\""), ("\"name\"", "\"nome\""), ("4", "0"), ("4", "16")]
    {
        let sandbox = Sandbox::new();
        sandbox.write("schema.json", sandbox.run(&["schema"]).stdout);
        sandbox.write("bad.json", saved.replacen(wrong, right, 1));
        let mut command = Command::new(&tool);
        command.args(["--schemafile", "schema.json", "bad.json"]).current_dir(sandbox.path());
        let output = command.output().expect("the validator starts");
        assert!(!output.status.success(), "{right} is accepted");
    }
}

/// Answer sets in which every choice stands once or, with `GATE_COVER=pairs`, meets every choice
/// of every other question that it may stand beside.
#[test]
#[ignore = "installs and runs real tools"]
fn a_covering_set_is_without_findings() {
    let catalog = fastwright::pack::Catalog::embedded().expect("the pack");
    let pack = catalog.load(None).expect("the pack");
    let strength = match std::env::var("GATE_COVER").as_deref() {
        Ok("pairs") => Strength::Pairs,
        _ => Strength::Values,
    };
    let sets = cover(&pack, strength);
    println!("== {} answer sets cover the choices' {strength:?}", sets.len());
    judge_all(&sets, LINES, sets.len());
}

/// Answer sets in which every text and number stands at its ends: the longest, the oddest and the
/// shortest of each, whatever they meet. `extremes` tries many more, without tools.
#[test]
#[ignore = "installs and runs real tools"]
fn the_ends_of_what_is_asked_are_without_findings() {
    let catalog = fastwright::pack::Catalog::embedded().expect("the pack");
    let pack = catalog.load(None).expect("the pack");
    let sets = extremes(&pack);
    // A name that is longer than a line makes a longer line. Only two have their tests run, which takes minutes: what the
    // code has of these answers is its names, which stand in both.
    judge_all(&sets[..sets.len().min(EXTREMES)], "disable", 2);
}

/// How many of the sets are judged, the most telling first: in each, other choices stand beside them.
const EXTREMES: usize = 6;

fn judge_all(sets: &[Vec<String>], lines: &'static str, tested: usize) {
    let rows = Mutex::new(BTreeMap::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        // Two at a time: each judge alone keeps one core busy.
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(flags) = sets.get(place) else { break };
                    let row = judged(flags, lines, place < tested);
                    rows.lock().expect("no other thread panicked").insert(flags.clone(), row);
                }
            });
        }
    });
    let rows = rows.into_inner().expect("no thread panicked");
    println!("\n| answers | judges | findings |\n|---|---|---|");
    for (flags, (judges, findings)) in &rows {
        println!("| `{}` | {judges} | {} |", flags.join(" "), findings.len());
    }
    let judges: usize = rows.values().map(|(judges, _)| judges).sum();
    let findings: Vec<_> = rows.iter().filter(|(_, (_, findings))| !findings.is_empty()).collect();
    println!("\n{} answer sets, {judges} verdicts, {} with findings", rows.len(), findings.len());
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
#[ignore = "installs and runs real tools"]
fn every_two_choices_are_without_quick_findings() {
    let catalog = fastwright::pack::Catalog::embedded().expect("the pack");
    let pack = catalog.load(None).expect("the pack");
    let environment = Repository::new("shop-api", &[]).environment();
    let sets = cover(&pack, Strength::Pairs);
    let mut findings = Vec::new();
    for flags in &sets {
        let mut repository =
            Repository::new("shop-api", &flags.iter().map(|flag| &**flag).collect::<Vec<_>>());
        quick_judges(&mut repository, &environment);
        if !repository.findings.is_empty() {
            println!("{}", repository.log);
            findings.push(flags);
        }
    }
    println!("\n{} answer sets, {} with findings", sets.len(), findings.len());
    assert!(findings.is_empty(), "{findings:#?}");
}

/// Judges one repository whole; returns how many judges there were, and who found something.
fn judged(flags: &[String], lines: &'static str, tested: bool) -> (usize, Vec<String>) {
    // On a server that they share, the tests of two repositories would use the same database.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let flags = flags.iter().map(String::as_str).collect::<Vec<_>>();
    let mut repository = Repository { lines, ..Repository::new("shop-api", &flags) };
    let environment = repository.environment();
    read_only_judges(&mut repository, &environment);
    names_judge(&mut repository, &environment);
    locks_judge(&mut repository);
    if !tested {
        println!("{}", repository.log);
        return (repository.judges, repository.findings);
    }
    let shared = repository.database_url().is_some();
    let guard = shared.then(|| ONE_AT_A_TIME.lock().expect("no other thread panicked"));
    repository.judge("pytest, 95 % of branches", &environment.join("bin/pytest"), &["--cov", "-q"]);
    drop(guard);
    println!("{}", repository.log);
    (repository.judges, repository.findings)
}

fn locks_judge(repository: &mut Repository) {
    let script = manifest("tests/generated/locks.py");
    let folder = repository.path();
    let uv = setting("GATE_JUDGES").join("bin/python");
    let locks = manifest("templates/fastapi/locks");
    let arguments = [&script, &locks, &folder].map(|path| path.to_str().expect("UTF-8"));
    repository.judge("uv compiles the same requirements", &uv, &arguments);
}

#[test]
#[ignore = "one repository, of the flags in GATE_FLAGS"]
fn one_repository_is_without_findings() {
    let Ok(flags) = std::env::var("GATE_FLAGS") else { return };
    let flags = flags.split_whitespace().map(str::to_owned).collect::<Vec<_>>();

    let (_, findings) = judged(&flags, LINES, true);

    assert_eq!(findings, Vec::<String>::new());
}
