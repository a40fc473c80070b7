//! Repositories that people worked on, carried from the first release to the newest version, and
//! to other choices. Git merges the same three sides, which must give the same; then the tools
//! judge what came out, as they judge a new repository.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::{Repository, own_judges};
use crate::support::Output;

/// No two at a time: they share what mypy learned.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
/// The tests of what was copied from the example, of its tables, and of what was renamed.
const SQL: [&str; 3] = ["tests/test_notes.py", "tests/test_migrations.py", "tests/test_probes.py"];
const STATE: &str = ".fastwright.toml";
/// Where git merges.
const OTHER: &str = "other/shop-api";

/// A line that somebody wrote, and the file in which it must be after an upgrade.
struct Edit {
    path: String,
    line: String,
}

/// A repository and what was edited in it.
struct Edited {
    repository: Repository,
    edits: Vec<Edit>,
}

impl Edited {
    fn new(arguments: &[&str]) -> Self {
        let repository = Repository::new("shop-api", arguments);
        let edited = Self { repository, edits: Vec::new() };
        edited.git_in("shop-api", &["config", "user.name", "A"], "");
        edited
    }

    fn has(&self, path: &str) -> bool {
        self.repository.path().join(path).exists()
    }

    fn read(&self, path: &str) -> String {
        self.repository.sandbox.read(&format!("shop-api/{path}"))
    }

    fn write(&self, path: &str, text: &str) {
        self.repository.sandbox.write(&format!("shop-api/{path}"), text);
    }

    fn expect(&mut self, path: &str, text: &str) {
        let edit = |line: &str| Edit { path: path.to_owned(), line: line.to_owned() };
        self.edits.extend(text.lines().map(edit));
    }

    /// Writes a file of the user's own.
    fn add(&mut self, path: &str, text: &str) {
        self.write(path, text);
        self.expect(path, text);
    }

    /// Replaces the first `from` in a file, if there is such a file.
    fn edit(&mut self, path: &str, from: &str, to: &str) {
        if self.has(path) {
            let text = self.read(path);
            assert!(text.contains(from), "{path} lacks {from:?}");
            let text = text.replacen(from, to, 1);
            let is_new = |line: &&str| !from.lines().any(|old| old == *line) && !line.is_empty();
            let new: Vec<&str> = to.lines().filter(is_new).collect();
            // Whole lines, wherever in them the edit is.
            let whole = text.lines().filter(|line| new.iter().any(|new| line.contains(new)));
            let whole: Vec<&str> = whole.collect();
            self.expect(path, &whole.join("\n"));
            self.write(path, &text);
        }
    }

    /// Adds a line behind another one.
    fn add_line(&mut self, path: &str, behind: &str, line: &str) {
        self.edit(path, &format!("{behind}\n"), &format!("{behind}\n{line}\n"));
    }

    fn rename(&mut self, from: &str, to: &str) {
        if self.has(from) {
            self.git(&["mv", from, to]);
            self.moves(from, to);
        }
    }

    /// Expects the edits of one file in another one.
    fn moves(&mut self, from: &str, to: &str) {
        for edit in self.edits.iter_mut().filter(|edit| edit.path == from) {
            to.clone_into(&mut edit.path);
        }
    }

    fn remove(&self, path: &str) {
        if self.has(path) {
            std::fs::remove_file(self.repository.path().join(path)).expect("removed");
        }
    }

    fn git(&self, arguments: &[&str]) -> String {
        let (success, said) = self.git_in("shop-api", arguments, "");
        assert!(success, "git {arguments:?}: {said}");
        said
    }

    /// Runs git in a folder, with something to read, and tells whether it succeeded.
    fn git_in(&self, folder: &str, arguments: &[&str], input: &str) -> (bool, String) {
        let sandbox = &self.repository.sandbox;
        let mut command = Command::new("git");
        command
            .current_dir(sandbox.join(folder))
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(arguments)
            .env("HOME", sandbox.join(".home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("git is needed for this test");
        // Who needs no answer does not wait for one.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("git ends");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }

    fn commit(&self, folder: &str) {
        for arguments in [&["add", "--all"][..], &["commit", "--quiet", "--message", "edits"]] {
            let (success, said) = self.git_in(folder, arguments, "");
            assert!(success, "git {arguments:?}: {said}");
        }
    }

    /// Returns the paths that git calls unmerged.
    fn unmerged(&self, folder: &str) -> BTreeSet<String> {
        let (_, listed) = self.git_in(folder, &["diff", "--name-only", "--diff-filter=U"], "");
        listed.lines().map(str::to_owned).collect()
    }

    /// Runs the program in a folder, with the pack that is judged.
    fn run(&self, folder: &str, arguments: &[&str]) -> Output {
        let pack = std::env::var("GATE_PACK").ok();
        let pack = pack.iter().flat_map(|folder| ["--pack", folder]).collect::<Vec<_>>();
        self.repository.sandbox.run(&[&pack[..], &["-C", folder], arguments].concat())
    }

    /// What people do in their first weeks, whatever the answers.
    fn work(&mut self) {
        self.copy_feature();
        self.wire_feature();
        self.edit("src/shop_api/settings.py", "Field(gt=0)] = 2\n", "Field(gt=0)] = 3\n");
        self.edit("README.md", "`APP_READY_TIMEOUT` | `2`", "`APP_READY_TIMEOUT` | `3`");
        self.edit(".env.example", "#APP_READY_TIMEOUT=2\n", "#APP_READY_TIMEOUT=3\n");
        self.edit("README.md", "## Develop\n", "Asks nobody but itself.\n\n## Develop\n");
        self.add_line("pyproject.toml", "dependencies = [", "  \"anyio\",");
        let lock = self.read("requirements.txt");
        let (_, anyio) = lock.split_once("\nanyio==").expect("anyio comes with FastAPI");
        let (anyio, _) = anyio.split_once("    #   starlette\n").expect("and with Starlette");
        self.add_line("requirements.txt", anyio.trim_end(), "    #   shop-api (pyproject.toml)");
        self.remove(".github/dependabot.yml");
        let health = "tests/test_health.py";
        self.add_line(
            health,
            "from shop_api import lifecycle",
            "\nPROBES = (\"/health\", \"/ready\")",
        );
        self.rename(health, "tests/test_probes.py");
        self.edit("src/shop_api/worker.py", "asyncio.sleep(0.05)", "asyncio.sleep(0.04)");
        self.edit("deploy/nginx/limits.conf", "burst=40", "burst=60");
        self.edit("deploy/kubernetes/base/deployment.yaml", "memory: 384Mi", "memory: 512Mi");
        let manifests = "deploy/kubernetes/base/kustomization.yaml";
        self.edit(manifests, "  - disruption-budget.yaml\n", "  - budget.yaml\n");
        let budget = "deploy/kubernetes/base/disruption-budget.yaml";
        self.rename(budget, "deploy/kubernetes/base/budget.yaml");
    }

    /// Copies the example feature, as the README advises.
    fn copy_feature(&mut self) {
        let folder = self.repository.path().join("src/shop_api/items");
        for entry in std::fs::read_dir(folder).expect("the example feature") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            let text = self.read(&format!("src/shop_api/items/{name}"));
            self.add(&format!("src/shop_api/notes/{name}"), &noted(&text));
        }
        let tests = self.read("tests/test_items.py");
        self.add("tests/test_notes.py", &noted(&tests));
        if self.has("migrations/versions/0001_items.py") {
            let text = noted(&self.read("migrations/versions/0001_items.py"));
            let text = text.replace("\"0001\"", "\"0002\"");
            let text = text.replace(": str | None = None", ": str | None = \"0001\"");
            self.add("migrations/versions/0002_notes.py", &text);
        }
    }

    /// Names the copy where the example is named.
    fn wire_feature(&mut self) {
        let app = "src/shop_api/app.py";
        let end = "\n)\nfrom shop_api.middleware";
        self.edit(app, end, &format!("\n    notes,{end}"));
        let include = "    app.include_router(items.router)";
        self.add_line(app, include, &noted(include));
        self.edit("migrations/env.py", "import items, logs\n", "import items, logs, notes\n");
        self.edit("migrations/env.py", "FEATURES = [items]\n", "FEATURES = [items, notes]\n");
    }

    /// Edits what later versions have otherwise.
    fn collide(&mut self) {
        for path in ["deploy/compose/.gitignore", "deploy/kubernetes/.gitignore"] {
            if self.has(path) {
                let text = self.read(path);
                self.write(path, &format!("{text}*.local\n"));
                self.expect(path, "*.local");
            }
        }
        let own = "module = [\"shop_api.notes.*\", \"shop_api.worker\"]";
        self.edit("pyproject.toml", "module = \"shop_api.worker\"", own);
    }

    /// Upgrades a clone without edits, which gives what `new` gives, and lets git merge the edits
    /// with that.
    fn merge_with_git(&self, renames: bool, arguments: &[&str]) {
        self.git_in(".", &["clone", "--quiet", "shop-api", OTHER], "");
        let first = self.git(&["rev-list", "--max-parents=0", "HEAD"]);
        self.git_in(OTHER, &["checkout", "--quiet", "-b", "theirs", first.trim()], "");

        let output = self.run(OTHER, arguments);

        assert_eq!(output.status, Some(0), "{}", output.stderr);
        let sandbox = &self.repository.sandbox;
        let state = sandbox.read(&format!("{OTHER}/{STATE}"));
        let answers = state.split("[answers]\n").nth(1).and_then(|rest| rest.split("\n[").next());
        sandbox.write("answers.toml", answers.expect("recorded answers"));
        let new = ["new", "new/shop-api", "--yes", "--no-git", "--answers", "answers.toml"];
        let new = self.run(".", &new);
        assert_eq!(new.status, Some(0), "{}", new.stderr);
        same(&self.tree(OTHER), &self.tree("new/shop-api"));
        self.commit(OTHER);
        self.git_in(OTHER, &["checkout", "--quiet", "-"], "");
        // The pack says what it renamed. Git has to guess, also where little more than a third is left.
        let renames = if renames {
            "--strategy-option=find-renames=35%"
        } else {
            "--strategy-option=no-renames"
        };
        self.git_in(OTHER, &["merge", "--quiet", "--no-edit", renames, "theirs"], "");
    }

    fn tree(&self, folder: &str) -> BTreeMap<String, String> {
        let mut tree: BTreeMap<_, _> = self.repository.sandbox.tree(folder).into_iter().collect();
        tree.remove(STATE);
        tree
    }

    /// Upgrades, and compares with what git makes of it. Returns what is left to be resolved.
    fn upgrade(&self, renames: bool, answers: &[&str]) -> BTreeSet<String> {
        let arguments = [&["upgrade"], answers].concat();
        self.merge_with_git(renames, &arguments);

        let output = self.run("shop-api", &arguments);

        println!("{}", output.stderr.trim_end());
        let stages = ["ls-files", "--unmerged"];
        let [ours, gits] = ["shop-api", OTHER].map(|folder| self.git_in(folder, &stages, "").1);
        assert_eq!(ours, gits, "the index");
        let unresolved = self.unmerged(OTHER);
        assert_eq!(output.status, Some(if unresolved.is_empty() { 0 } else { 3 }));
        let [ours, gits] = ["shop-api", OTHER].map(|folder| {
            let mut tree = self.tree(folder);
            tree.retain(|path, _| !unresolved.contains(path));
            tree
        });
        same(&ours, &gits);
        for Edit { path, line } in &self.edits {
            let text = self.read(path);
            assert!(text.lines().any(|other| other == line), "{path} lost {line:?}");
        }
        unresolved
    }

    /// Resolves with git's own means: takes the lines of both sides, and lets go what either did.
    fn resolve(&self) {
        let tool = "git merge-file --union -p \"$LOCAL\" \"$BASE\" \"$REMOTE\" >\"$MERGED\"";
        self.git(&["config", "mergetool.own.cmd", tool]);
        self.git(&["config", "mergetool.own.trustExitCode", "true"]);
        self.git(&["config", "mergetool.keepBackup", "false"]);
        let mergetool = ["mergetool", "--no-prompt", "--tool", "own"];
        let (success, said) = self.git_in("shop-api", &mergetool, &"d\n".repeat(50));
        assert!(success, "{said}");
        assert_eq!(self.unmerged("shop-api"), BTreeSet::new());

        let output = self.run("shop-api", &["upgrade", "--continue"]);

        assert_eq!(output.status, Some(0), "{}", output.stderr);
    }

    /// Commits, and upgrades once more, which must leave every byte and every time alone.
    fn settle(&self) {
        self.commit("shop-api");
        let times = self.repository.sandbox.times("shop-api");

        let output = self.run("shop-api", &["upgrade"]);

        assert_eq!(output.status, Some(0), "{}", output.stderr);
        assert_eq!(self.repository.sandbox.times("shop-api"), times);
    }

    fn judge(mut self, tests: &[&str]) -> Vec<String> {
        let environment = self.repository.environment();
        // What it learned of the packages holds for every repository that has these.
        let cache = environment.join("mypy-of-upgrades");
        let cache = ["--cache-dir", cache.to_str().expect("UTF-8")];
        own_judges(&mut self.repository, &environment, &cache);
        if !tests.is_empty() {
            let arguments = [&["-q"], tests].concat();
            self.repository.judge("pytest", &environment.join("bin/pytest"), &arguments);
        }
        println!("{}", self.repository.log);
        self.repository.findings
    }
}

fn noted(text: &str) -> String {
    text.replace("item", "note").replace("Item", "Note")
}

/// Compares two trees; what it says when they differ is short.
fn same(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) {
    let paths: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    for path in paths {
        assert_eq!(left.get(path), right.get(path), "{path}");
    }
}

#[test]
#[ignore = "installs and runs real tools"]
fn edited_repositories_of_the_first_release_become_ones_of_the_newest() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = [
        (vec![], vec!["tests"]),
        (vec!["--orchestrator", "kubernetes", "--proxy", "envoy"], vec![]),
        (vec!["--database", "mariadb", "--proxy", "traefik"], vec![]),
        (vec!["--database", "sqlite", "--proxy", "envoy"], SQL.to_vec()),
        (vec!["--database", "none"], vec!["tests"]),
        (vec!["--server", "granian", "--orchestrator", "kubernetes"], vec![]),
    ];
    let mut failed = Vec::new();
    for (number, (flags, tests)) in cases.into_iter().enumerate() {
        let release = ["--pack-version", "1.0.0"];
        let mut edited = Edited::new(&[&release[..], &flags].concat());
        edited.work();
        if number % 2 == 0 {
            edited.collide();
        }
        edited.commit("shop-api");
        edited.moves("src/shop_api/worker.py", "src/shop_api/gunicorn_worker.py");

        let unresolved = edited.upgrade(true, &[]);

        assert_eq!(unresolved.is_empty(), number % 2 != 0, "{unresolved:?}");
        if !unresolved.is_empty() {
            edited.resolve();
            let both = "\"shop_api.worker\"]\nmodule = \"shop_api.gunicorn_worker\"\n";
            edited.edit("pyproject.toml", both, "\"shop_api.gunicorn_worker\"]\n");
        }
        edited.settle();
        let findings = edited.judge(&tests);
        failed
            .extend(findings.into_iter().map(|finding| format!("{}: {finding}", flags.join(" "))));
    }
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
#[ignore = "installs and runs real tools"]
fn edited_repositories_go_to_other_choices() {
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let limits = "deploy/nginx/limits.conf";
    let broker = "src/shop_api/tasks/broker.py";
    let cases = [
        (None, vec!["--proxy", "traefik"], vec![limits], vec![]),
        (None, vec!["--orchestrator", "kubernetes", "--workers", "1"], vec![limits], vec![]),
        (None, vec!["--database", "mariadb"], vec![], SQL.to_vec()),
        (Some("--tasks=taskiq"), vec!["--tasks", "none"], vec![broker], SQL.to_vec()),
    ];
    let mut failed = Vec::new();
    for (before, flags, kept, tests) in cases {
        let mut edited = Edited::new(before.as_slice());
        edited.work();
        edited.edit(broker, "24 * 60 * 60", "12 * 60 * 60");
        edited.commit("shop-api");

        let unresolved = edited.upgrade(false, &flags);

        for path in kept {
            assert!(unresolved.contains(path), "{path}: {unresolved:?}");
        }
        if !unresolved.is_empty() {
            edited.resolve();
        }
        // What was copied from the example follows it to the other choice.
        edited.copy_feature();
        if before.is_some() {
            let app = "src/shop_api/app.py";
            edited.edit(app, "    reports,\n    tasks,\n", "");
            edited.edit(app, "    app.include_router(reports.router)\n", "");
        }
        edited.settle();
        let findings = edited.judge(&tests);
        failed
            .extend(findings.into_iter().map(|finding| format!("{}: {finding}", flags.join(" "))));
    }
    assert_eq!(failed, Vec::<String>::new());
}
