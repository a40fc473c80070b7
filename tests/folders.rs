//! Folders that somebody else filled: a clone, an archive, a colleague's branch. Whatever lies in
//! them, nothing outside changes, and no program of theirs runs.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest, Sha256};

use crate::support::Story;

const ENDS: [&[&str]; 4] = [&[], &["--undo"], &["--abort"], &["--continue"]];

/// A project that a version renames, deletes, changes and adds files in, below folders.
fn deep() -> Story {
    Story::new(
        &[("a/b/c/changed", "old\n"), ("a/b/gone", "old\n"), ("top", "old\n")],
        &[("a/b/c/changed", "new\n"), ("a/x/added", "new\n"), ("top", "new\n")],
    )
}

/// All that stands below a folder: bytes, modes and where links lead.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        let metadata = path.symlink_metadata().expect("it is there");
        let bytes = if metadata.is_symlink() {
            std::fs::read_link(&path).expect("read").into_os_string().into_encoded_bytes()
        } else if metadata.is_dir() {
            let entries = std::fs::read_dir(&path).expect("read");
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
            Vec::new()
        } else {
            std::fs::read(&path).expect("read")
        };
        found.insert(path, (metadata.permissions().mode(), bytes));
    }
    found
}

/// What nobody may change: a home with settings, and the hooks and settings of the repository.
struct Outside {
    places: Vec<PathBuf>,
    before: Vec<BTreeMap<PathBuf, (u32, Vec<u8>)>>,
}

impl Outside {
    fn of(story: &Story) -> Self {
        for name in ["gone", "c/changed", "changed", "added", "x/added", "b/gone", "top", "hook"] {
            story.sandbox.write(&format!("outside/{name}"), "old\n");
        }
        story.sandbox.write("outside/.bashrc", "true\n");
        let names = ["outside", "shop/.git/hooks", "shop/.git/config", "shop/.git/info"];
        let there = names.iter().map(|name| story.sandbox.join(name));
        let places: Vec<PathBuf> = there.filter(|place| place.exists()).collect();
        let before = places.iter().map(|place| snapshot(place)).collect();
        Self { places, before }
    }

    fn assert_same(&self, case: &str) {
        for (place, before) in self.places.iter().zip(&self.before) {
            assert_eq!(&snapshot(place), before, "{case}: {}", place.display());
        }
    }
}

fn fingerprint(bytes: &str) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold("100644:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// A record of a run that nobody made.
#[derive(Clone, Debug)]
struct Forged {
    /// Where it lies.
    place: &'static str,
    /// Its first line, and whether the run is said to be done or kept.
    version: usize,
    folder: &'static str,
    is_committed: bool,
    /// What it says of which paths: before, after.
    entries: Vec<(&'static str, bool, bool)>,
}

const PLACES: [&str; 5] = [
    ".fastwright",
    ".git/fastwright",
    ".git/fastwright/0123456789abcdef",
    ".local/state/fastwright/projects/0123456789abcdef-1",
    ".fastwright-0123456789abcdef0123456789abcdef",
];

/// Paths that lead out through links, or name what git would run.
const PATHS: [&str; 10] = [
    "out/hook",
    "out/.bashrc",
    "hooks/post-checkout",
    "a/b/c/changed",
    "a/b/link/hook",
    "top",
    "../outside/hook",
    "/tmp/hook",
    ".git/hooks/post-checkout",
    "new/file",
];

fn forged() -> impl Strategy<Value = Forged> {
    let entry = (select(&PATHS[..]), any::<bool>(), any::<bool>());
    (
        select(&PLACES[..]),
        1..=2_usize,
        select(&["txn", "last"][..]),
        any::<bool>(),
        vec(entry, 1..6),
    )
        .prop_map(|(place, version, folder, is_committed, entries)| Forged {
            place,
            version,
            folder,
            is_committed,
            entries,
        })
}

impl Forged {
    fn write(&self, story: &Story) {
        let base = format!("{}/{}", self.place, self.folder);
        let waiting = ".fastwright-0123456789abcdef0123456789abcdef";
        let mut lines = vec![format!("fastwright transaction {}", self.version)];
        if self.version == 2 {
            lines.push(format!("waiting {waiting}"));
        }
        for (number, (path, has_before, has_after)) in self.entries.iter().enumerate() {
            let side = |there: &bool, text| if *there { fingerprint(text) } else { "-".to_owned() };
            let (before, after) = (side(has_before, "old\n"), side(has_after, "#!/bin/sh\nevil\n"));
            lines.push(format!("edit {before} {after} {path}"));
            for folder in [format!("{base}/new"), waiting.to_owned()] {
                story.write(&format!("{folder}/{number}"), "#!/bin/sh\nevil\n");
            }
            story.write(&format!("{base}/old/{number}"), "old\n");
        }
        lines.extend(["remember", "conflict top", "end"].map(str::to_owned));
        story.write(&format!("{base}/plan"), lines.join("\n") + "\n");
        if self.is_committed {
            story.write(&format!("{base}/COMMIT"), "");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_record_that_comes_with_the_folder_is_not_obeyed(forged in vec(forged(), 1..4)) {
        let story = deep();
        let shop = story.sandbox.join("shop");
        let outside = Outside::of(&story);
        symlink("../outside", shop.join("out")).expect("linked");
        symlink(".git/hooks", shop.join("hooks")).expect("linked");
        symlink("../../../outside", shop.join("a/b/link")).expect("linked");
        for record in &forged {
            record.write(&story);
        }
        let files = snapshot(&shop);

        for end in ENDS.iter().rev() {
            let output = story.upgrade(end);
            let case = format!("{end:?}: {}", output.stderr);

            prop_assert!(output.status.is_some_and(|status| status <= 3), "{}", case);
            outside.assert_same(&case);
            if !end.is_empty() {
                prop_assert_eq!(output.status, Some(1), "nothing was upgraded yet: {}", case);
                prop_assert_eq!(&snapshot(&shop), &files, "{}", case);
            }
        }
        prop_assert_eq!(story.read("a/x/added"), "new\n");
        prop_assert_eq!(story.upgrade(&["--undo"]).status, Some(0));
        outside.assert_same("undone");
        prop_assert_eq!(&snapshot(&shop).len(), &files.len());
    }
}

#[test]
fn a_link_at_any_depth_leads_nowhere_outside() {
    let folders = ["a", "a/b", "a/b/c", "a/x"];
    let ends = [
        "/",
        "..",
        "../..",
        "../outside",
        "../../outside",
        "../../../outside",
        "nowhere",
        ".git",
        ".git/hooks",
        "../.git/hooks",
        "../../.git/hooks",
        "a",
        "b",
        ".",
    ];
    for (folder, end) in folders.iter().flat_map(|folder| ends.map(|end| (folder, end))) {
        for is_absolute in [false, true] {
            let story = deep();
            let outside = Outside::of(&story);
            let place = story.sandbox.join("shop").join(folder);
            if place.exists() {
                std::fs::rename(&place, story.sandbox.join("moved")).expect("moved");
            }
            let whole = story.sandbox.join("shop").join(end);
            symlink(if is_absolute { whole } else { end.into() }, &place).expect("linked");

            for arguments in [&[][..], &["--allow-dirty"], &["--conflicts", "sidecar"], &["--undo"]]
            {
                let output = story.upgrade(arguments);
                let case = format!("{folder} -> {end}, {arguments:?}: {}", output.stderr);
                assert!(output.status.is_some_and(|status| status <= 3), "{case}");
                outside.assert_same(&case);
            }
            let output = story.run(&["new", "shop/sub", "--yes", "--no-git"]);
            assert!(output.status.is_some_and(|status| status <= 3), "{}", output.stderr);
            outside.assert_same("new");
        }
    }
}

/// Settings of a repository that name a program, with the attributes that would call it.
const PROGRAMS: [(&str, &str); 12] = [
    ("core.fsmonitor", ""),
    ("core.hooksPath", ""),
    ("core.editor", ""),
    ("core.pager", ""),
    ("core.sshCommand", ""),
    ("core.gitProxy", ""),
    ("diff.external", ""),
    ("diff.x.textconv", "* diff=x\n"),
    ("diff.x.command", "* diff=x\n"),
    ("filter.x.clean", "* filter=x\n"),
    ("filter.x.process", "* filter=x\n"),
    ("merge.x.driver", "* merge=x\n"),
];

#[test]
fn no_program_that_a_repository_names_is_run() {
    // libgit2 opens the first; the second is asked through the program `git`.
    for format in ["sha1", "sha256"] {
        for (setting, attributes) in PROGRAMS {
            let story = deep();
            let marks = story.sandbox.join("marks");
            std::fs::create_dir(&marks).expect("made");
            let program = story.sandbox.join("program");
            let script = format!("#!/bin/sh\ntouch '{}/ran'\ncat\n", marks.display());
            story.sandbox.write("program", &script);
            let executable = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&program, executable.clone()).expect("made executable");
            if format == "sha256" {
                std::fs::remove_dir_all(story.sandbox.join("shop/.git")).expect("removed");
                story.git(&["init", "--quiet", "--object-format=sha256"]);
                story.commit();
            }
            story.write(".gitattributes", attributes);
            story.commit();
            let hooks = story.sandbox.join("shop/.git/hooks");
            std::fs::create_dir_all(&hooks).expect("made");
            for hook in ["post-index-change", "pre-commit", "fsmonitor-watchman", "post-checkout"] {
                std::fs::write(hooks.join(hook), &script).expect("written");
                std::fs::set_permissions(hooks.join(hook), executable.clone()).expect("executable");
            }
            let value = if setting == "core.hooksPath" { &hooks } else { &program };
            story.git(&["config", setting, value.to_str().expect("UTF-8")]);
            // Edits on both sides, and a file that only looks changed.
            story.write("top", "mine\n");
            story.write("a/b/c/changed", "old\n");
            let _ = std::fs::remove_file(marks.join("ran"));

            for arguments in
                [&["--dry-run"][..], &[], &["--allow-dirty"], &["--abort"], &["--undo"]]
            {
                let output = story.upgrade(arguments);
                let case = format!("{format}, {setting}, {arguments:?}: {}", output.stderr);
                assert!(output.status.is_some_and(|status| status <= 3), "{case}");
                assert!(!marks.join("ran").exists(), "{case}");
            }
            for arguments in [["status", "shop"], ["diff", "shop"]] {
                story.run(&arguments);
                assert!(!marks.join("ran").exists(), "{setting}, {arguments:?}");
            }
        }
    }
}

#[test]
fn a_mark_that_leads_to_another_repository_is_refused() {
    let story = deep();
    let victim = story.sandbox.join("victim");
    story.git_in(".", &["init", "--quiet", "victim"]);
    story.sandbox.write("victim/top", "old\n");
    story.git_in("victim", &["add", "--all"]);
    let before = snapshot(&victim);
    let git = story.sandbox.join("shop/.git");
    let attempts: [&dyn Fn(); 4] = [
        &|| std::fs::write(&git, format!("gitdir: {}/.git\n", victim.display())).expect("written"),
        &|| std::fs::write(&git, "gitdir: ../victim/.git\n").expect("written"),
        &|| symlink("../victim/.git", &git).expect("linked"),
        &|| {
            story.git(&["init", "--quiet"]);
            story.git(&["config", "core.worktree", victim.to_str().expect("UTF-8")]);
        },
    ];

    for (number, attempt) in attempts.iter().enumerate() {
        let _ = std::fs::remove_dir_all(&git).or_else(|_| std::fs::remove_file(&git));
        attempt();
        story.write("top", "mine\n");
        for arguments in [&["--allow-dirty"][..], &["--undo"], &["--abort"]] {
            let output = story.upgrade(arguments);
            assert_eq!(output.status, Some(1), "{number}, {arguments:?}: {}", output.stderr);
            assert!(output.stderr.contains("\n\nhint: "), "{}", output.stderr);
            assert_eq!(snapshot(&victim), before, "{number}, {arguments:?}");
        }
    }
}

#[test]
fn a_repository_or_a_project_of_another_user_is_refused_before_anything_is_read() {
    // Only root can give files away.
    let story = deep();
    let give = |folder: &str, user: u32| {
        let mut open = vec![story.sandbox.join(folder)];
        while let Some(path) = open.pop() {
            if std::os::unix::fs::lchown(&path, Some(user), Some(user)).is_err() {
                return false;
            }
            if path.symlink_metadata().expect("there").is_dir() {
                let entries = std::fs::read_dir(&path).expect("read");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        }
        true
    };
    if !give("shop", 12345) {
        return;
    }
    let before = snapshot(&story.sandbox.join("shop"));

    for arguments in ENDS {
        let output = story.upgrade(arguments);
        assert_eq!(output.status, Some(1), "{}", output.stderr);
        assert!(output.stderr.contains("safe.directory"), "{}", output.stderr);
    }
    assert_eq!(snapshot(&story.sandbox.join("shop")), before);
    assert!(!story.sandbox.join(".home/.local").exists(), "not even a store is made");

    // Without a repository, one that is found by looking further up is refused.
    std::fs::remove_dir_all(story.sandbox.join("shop/.git")).expect("removed");
    let output = story.run(&["upgrade", "shop/a/b"]);
    assert_eq!(output.status, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("belongs to another user"), "{}", output.stderr);
}

#[test]
fn pipes_and_sockets_in_the_place_of_files_block_nobody() {
    let names = ["top", "a/b/c/changed", "a/x/added", "a/b", ".fastwright.toml"];
    for name in names {
        let story = deep();
        let place = story.sandbox.join("shop").join(name);
        let _ = std::fs::remove_file(&place).or_else(|_| std::fs::remove_dir_all(&place));
        std::fs::create_dir_all(place.parent().expect("it has one")).expect("made");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &place,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RWXU,
            0,
        )
        .expect("a pipe");

        for command in [&["status", "shop"][..], &["diff", "shop"], &["upgrade", "shop"]] {
            let output = story.run(command);
            assert!(output.status.is_some_and(|status| status <= 3), "{name}: {}", output.stderr);
        }
        assert!(place.symlink_metadata().is_ok_and(|found| !found.is_file()), "{name}");
    }
}

#[test]
fn a_filter_runs_under_no_name_that_attributes_have() {
    for name in ["unspecified", "unset", "set", "x"] {
        let story = deep();
        let mark = story.sandbox.join("ran");
        std::fs::remove_dir_all(story.sandbox.join("shop/.git")).expect("removed");
        story.git(&["init", "--quiet", "--object-format=sha256"]);
        story.commit();
        let clean = format!("touch '{}'; cat", mark.display());
        story.git(&["config", &format!("filter.{name}.clean"), &clean]);
        story.write(".gitattributes", format!("* filter={name}\n"));
        story.write("top", "mine\n");

        for arguments in [&["--dry-run"][..], &["--allow-dirty"], &["--abort"]] {
            let output = story.upgrade(arguments);
            assert!(output.status.is_some_and(|status| status <= 3), "{}", output.stderr);
            assert!(!mark.exists(), "{name}, {arguments:?}");
        }
    }
}

#[test]
fn files_that_are_laid_out_like_a_git_folder_are_none() {
    for format in ["sha1", "sha256"] {
        for has_way_back in [false, true] {
            let story = deep();
            std::fs::remove_dir_all(story.sandbox.join("shop/.git")).expect("removed");
            let outside = Outside::of(&story);
            story.git_in(".", &["init", "--quiet", &format!("--object-format={format}"), "inner"]);
            story.git_in(".", &["init", "--quiet", "."]);
            for name in ["HEAD", "config", "refs"] {
                let from = story.sandbox.join("inner/.git").join(name);
                std::fs::rename(from, story.sandbox.join("shop").join(name)).expect("moved");
            }
            std::fs::remove_dir_all(story.sandbox.join("inner")).expect("removed");
            symlink(story.sandbox.join("outside"), story.sandbox.join("shop/objects"))
                .expect("linked");
            let settings = "\tworktree = .\n[filter \"x\"]\n\tclean = touch ran; cat\n";
            let config = story
                .read("config")
                .replace("bare = false\n", &format!("bare = false\n{settings}"));
            story.write("config", config);
            if has_way_back {
                story.write("gitdir", "../.git\n");
            }
            story.write("top", "mine\n");

            for arguments in [&["--dry-run"][..], &["--allow-dirty"], &["--undo"]] {
                let output = story.upgrade(arguments);
                let case = format!("{format}, {has_way_back}, {arguments:?}: {}", output.stderr);
                assert_eq!(output.status, Some(1), "{case}");
                assert!(output.stderr.contains("is laid out like a git folder"), "{case}");
                outside.assert_same(&case);
            }
        }
    }
}

#[test]
fn a_git_folder_that_shares_with_another_is_refused_unless_git_made_it() {
    let story = deep();
    story.git_in(".", &["init", "--quiet", "victim"]);
    let objects = snapshot(&story.sandbox.join("victim"));
    story.write("top", "mine\n");
    let common = story.sandbox.join("victim/.git");
    story.write(".git/commondir", common.to_str().expect("UTF-8"));

    let output = story.upgrade(&["--allow-dirty"]);

    assert_eq!(output.status, Some(1), "{}", output.stderr);
    assert_eq!(snapshot(&story.sandbox.join("victim")), objects);
}

#[test]
fn pipes_in_the_place_of_gits_files_block_nobody() {
    let names = [
        "HEAD",
        "config",
        "index",
        "packed-refs",
        "info/exclude",
        "info/attributes",
        "commondir",
        "objects/pack/pack-1.idx",
        "objects/info/alternates",
        "objects/12/34567890",
        "refs/heads/main",
        "refs/tags/deep/er",
        "info/grafts",
        "sharedindex.1",
        "a name of tomorrow",
        "../.gitattributes",
    ];
    for name in names {
        let story = deep();
        story.write("top", "mine\n");
        let place = story.sandbox.join("shop/.git").join(name);
        let _ = std::fs::remove_file(&place);
        std::fs::create_dir_all(place.parent().expect("it has one")).expect("made");
        let mode = rustix::fs::Mode::RWXU;
        rustix::fs::mknodat(rustix::fs::CWD, &place, rustix::fs::FileType::Fifo, mode, 0)
            .expect("a pipe");

        for command in [&["status", "shop"][..], &["upgrade", "shop", "--allow-dirty"]] {
            let output = story.run(command);
            assert!(output.status.is_some_and(|status| status <= 3), "{name}: {}", output.stderr);
        }
    }
    // Settings and alternates that lead to one somewhere else.
    for setting in ["core.attributesFile", "core.excludesFile"] {
        for end in ["fifo", "/dev/zero"] {
            let story = deep();
            let pipe = story.sandbox.join("fifo");
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0)
                .expect("a pipe");
            story.git(&["config", setting, story.sandbox.join(end).to_str().expect("UTF-8")]);

            let output = story.run(&["upgrade", "shop"]);

            assert_eq!(output.status, Some(1), "{setting}: {}", output.stderr);
            assert!(output.stderr.contains(setting), "{}", output.stderr);
        }
    }
    // Settings that include each other as often as they like are given up by libgit2 itself.
    let story = deep();
    story.git(&["config", "include.path", "config"]);
    assert!(story.run(&["status", "shop"]).status.is_some_and(|status| status <= 3));
}

/// A project with edits that meet those of a new version, in a file that is long enough to be followed.
fn met() -> Story {
    let before = (1..20).fold(String::new(), |text, line| format!("{text}{line}\n"));
    let lines = |last| before.clone() + last;
    let (old, new) = (lines("old\n"), lines("new\n"));
    let story = Story::new(
        &[("a/b/changed", &old), ("top", "old\n")],
        &[("a/b/changed", &new), ("top", "new\n")],
    );
    story.write("a/b/changed", format!("mine\n{old}"));
    story.write("top", "mine\n");
    story.commit();
    story
}

/// Has settings that are included under a condition name a pipe.
fn include_pipe(story: &Story, key: &str, condition: &str) {
    make_pipe(story, "pipe");
    let pipe = story.sandbox.join("pipe");
    story.git(&["config", "-f", ".git/inc", key, pipe.to_str().expect("UTF-8")]);
    story.git(&["config", condition, "inc"]);
}

fn make_pipe(story: &Story, path: &str) {
    let place = story.sandbox.join(path);
    std::fs::create_dir_all(place.parent().expect("it has one")).expect("made");
    let _ = std::fs::remove_file(&place);
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
    rustix::fs::mknodat(rustix::fs::CWD, &place, kind, mode, 0).expect("a pipe");
}

/// Has a repository be one that libgit2 does not open, so that the program `git` is asked.
fn for_program(story: &Story) {
    story.git(&["config", "core.repositoryFormatVersion", "1"]);
    story.git(&["config", "extensions.partialClone", "x"]);
}

/// A pack in a folder of objects that waits for whoever looks for an object.
fn make_pack(story: &Story, objects: &str) {
    let name = format!("{objects}/pack/pack-{}", "1".repeat(40));
    story.sandbox.write(&format!("{name}.pack"), [0; 2000]);
    make_pipe(story, &format!("{name}.idx"));
}

type Arrange = fn(&Story);

/// What lies in a folder, each with the command that meets it in the project or below the folder `mono`.
const BLOCKING: [(&str, &str, Arrange); 17] = [
    ("a mark and a pipe for its settings", "status", |story| {
        std::fs::rename(story.sandbox.join("shop/.git"), story.sandbox.join("shop/g"))
            .expect("moved");
        story.write(".git", "gitdir: g\n");
        make_pipe(story, "shop/g/config");
    }),
    ("a mark and settings that include a pipe", "diff", |story| {
        story.git(&["config", "include.path", "pipe"]);
        std::fs::rename(story.sandbox.join("shop/.git"), story.sandbox.join("shop/g"))
            .expect("moved");
        story.write(".git", "gitdir: g\n");
        make_pipe(story, "shop/g/pipe");
    }),
    ("settings that include a pipe elsewhere", "status", |story| {
        story.git(&["config", "include.path", "../../pipe"]);
        make_pipe(story, "pipe");
    }),
    ("the way back of a git folder", "new", |story| make_pipe(story, "shop/.git/gitdir")),
    ("attributes at the top", "mono", |story| make_pipe(story, "mono/.gitattributes")),
    ("attributes in between", "mono", |story| make_pipe(story, "mono/x/.gitattributes")),
    ("attributes where a file was moved", "upgrade", |story| {
        std::fs::create_dir(story.sandbox.join("shop/moved")).expect("made");
        story.git(&["mv", "a/b/changed", "moved"]);
        story.commit();
        make_pipe(story, "shop/moved/.gitattributes");
    }),
    ("attributes behind a link", "upgrade", |story| {
        story.git(&["mv", "a", "lib"]);
        symlink("lib", story.sandbox.join("shop/a")).expect("linked");
        story.commit();
        make_pipe(story, "shop/lib/b/.gitattributes");
    }),
    ("settings for some folders", "upgrade", |story| {
        include_pipe(story, "core.attributesFile", "includeIf.gitdir:**.path");
    }),
    ("settings for some branches", "upgrade", |story| {
        include_pipe(story, "core.excludesFile", "includeIf.onbranch:main.path");
    }),
    ("settings for some folders, for git", "upgrade", |story| {
        include_pipe(story, "core.attributesFile", "includeIf.gitdir:**.path");
        for_program(story);
    }),
    ("settings that include a pipe, for git", "upgrade", |story| {
        for_program(story);
        story.git(&["config", "include.path", "../../pipe"]);
        make_pipe(story, "pipe");
    }),
    ("attributes where a file is, for git", "mono", |story| {
        story.git_in("mono", &["config", "core.repositoryFormatVersion", "1"]);
        story.git_in("mono", &["config", "extensions.partialClone", "x"]);
        make_pipe(story, "mono/x/.gitattributes");
    }),
    ("objects elsewhere, from where the run is", "upgrade", |story| {
        story.write(".git/objects/info/alternates", "o\n");
        make_pack(story, "shop/o");
    }),
    ("objects elsewhere", "upgrade", |story| {
        story.write(".git/objects/info/alternates", "../../o\n");
        make_pack(story, "shop/o");
    }),
    ("objects behind a link", "upgrade", |story| {
        let objects = story.sandbox.join("shop/.git/objects");
        std::fs::rename(&objects, story.sandbox.join("objects")).expect("moved");
        symlink("../../objects", objects).expect("linked");
        make_pack(story, "objects");
    }),
    ("objects elsewhere, for git, in its own writing", "upgrade", |story| {
        story.write(".git/objects/info/alternates", "\"../../\\157\"\n");
        make_pack(story, "shop/o");
        for_program(story);
    }),
];

#[test]
fn what_blocks_git_wherever_it_stands_ends_a_run() {
    let mut running = Vec::new();
    for (name, command, arrange) in BLOCKING {
        let story = met();
        if command == "mono" {
            story.git_in(".", &["init", "--quiet", "mono"]);
            std::fs::create_dir(story.sandbox.join("mono/x")).expect("made");
            let from = story.sandbox.join("shop");
            std::fs::remove_dir_all(from.join(".git")).expect("removed");
            std::fs::rename(from, story.sandbox.join("mono/x/shop")).expect("moved");
            story.git_in("mono", &["add", "--all"]);
            story.git_in("mono", &["commit", "--quiet", "--message", "all"]);
        }
        arrange(&story);
        let (folder, arguments) = match command {
            "mono" => ("mono/x/shop", &["--pack", "../../../pack", "upgrade"][..]),
            "new" => ("shop", &["--pack", "../pack", "new", "--yes", "inner"][..]),
            command => ("shop", &["--pack", "../pack", command][..]),
        };
        let mut started = story.sandbox.command(arguments);
        started.current_dir(story.sandbox.join(folder));
        started.stdout(Stdio::null()).stderr(Stdio::piped());
        running.push((name, started.spawn().expect("it starts"), story));
    }
    // All of them wait beside each other.
    let (end, mut wrong) = (Instant::now() + Duration::from_secs(150), Vec::new());
    for (name, mut child, _story) in running {
        while child.try_wait().expect("it is ours").is_none() {
            if Instant::now() > end {
                child.kill().expect("killed");
                wrong.push(format!("{name}: it waits"));
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let output = child.wait_with_output().expect("it ended");
        let told = String::from_utf8_lossy(&output.stderr);
        let is_told = told.contains("cannot be read\n") && told.contains("\n\nhint: ");
        if output.status.code() != Some(1) || !is_told {
            wrong.push(format!("{name}: {:?} {told}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_and_alternates_that_branch_again_and_again_are_no_work() {
    let story = met();
    let git = story.sandbox.join("shop/.git");
    for (number, name) in (0..31).flat_map(|number| ["a", "b"].map(|name| (number, name))) {
        let folder = git.join(format!("d{number}"));
        std::fs::create_dir_all(&folder).expect("made");
        symlink(format!("../d{}", number + 1), folder.join(name)).expect("linked");
        let objects = |name: &str, number| story.sandbox.join(&format!("{name}{number}"));
        let next = ["a", "b"].map(|name| format!("{}\n", objects(name, number + 1).display()));
        let alternates = format!("{name}{number}/info/alternates");
        story.sandbox.write(&alternates, next.concat());
    }
    std::fs::create_dir(git.join("d31")).expect("made");
    for (name, end) in [("x", "."), ("y", "."), ("z", "/")] {
        symlink(end, git.join(name)).expect("linked");
    }
    let both = ["a0", "b0"].map(|name| format!("{}\n", story.sandbox.join(name).display()));
    story.write(".git/objects/info/alternates", both.concat());
    let mut command = story.sandbox.command(&["--pack", "pack", "upgrade", "shop"]);
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");

    let end = Instant::now() + Duration::from_secs(120);
    while child.try_wait().expect("it is ours").is_none() {
        if Instant::now() > end {
            child.kill().expect("killed");
            panic!("it goes on and on");
        }
        std::thread::sleep(Duration::from_millis(20));
    }

    let output = child.wait_with_output().expect("it ended");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_run_that_never_began_to_write_takes_nothing_back() {
    let story = deep();
    let stores = story.sandbox.join(".home/.local/state/fastwright/projects");
    assert_eq!(story.upgrade(&[]).status, Some(0));
    let entry = std::fs::read_dir(&stores).expect("read").next().expect("one").expect("an entry");
    let kept = entry.path();
    // The record of a run that was killed before its mark, and what a colleague did since.
    std::fs::rename(kept.join("last"), kept.join("txn")).expect("moved");
    for mark in ["COMMIT", "DONE"] {
        let _ = std::fs::remove_file(kept.join("txn").join(mark));
    }
    let upgraded = story.tree();

    let output = story.upgrade(&["--abort"]);

    assert_eq!(output.status, Some(1), "{}", output.stderr);
    assert_eq!(story.tree(), upgraded);
    assert!(!kept.exists(), "a record of nothing is forgotten");
}

#[test]
fn an_upgrade_that_is_undone_twice_waits_for_its_conflicts_again() {
    let story = deep();
    story.write("top", "mine\n");
    story.commit();
    assert_eq!(story.upgrade(&[]).status, Some(3));
    let conflict = story.tree();

    for _ in 0..2 {
        assert_eq!(story.upgrade(&["--undo"]).status, Some(0));
    }

    assert_eq!(story.tree(), conflict);
    assert_eq!(story.upgrade(&[]).status, Some(1));
    assert_eq!(story.upgrade(&["--abort"]).status, Some(0));
    assert_eq!(story.read("top"), "mine\n");
}

#[test]
fn a_state_directory_in_the_project_is_not_obeyed() {
    let story = deep();
    let run = |arguments: &[&str]| {
        let all = [&["--pack", "pack", "upgrade", "shop"], arguments].concat();
        let mut command = story.sandbox.command(&all);
        story.sandbox.finish(command.env("XDG_STATE_HOME", story.sandbox.join("shop/state")))
    };
    let before = story.tree();

    for arguments in ENDS {
        let output = run(arguments);
        assert_eq!(output.status, Some(1), "{}", output.stderr);
        assert!(output.stderr.contains("lies in the project itself"), "{}", output.stderr);
    }
    assert_eq!(story.tree(), before);
    assert!(!story.exists("state"));
}

#[test]
fn a_killed_run_is_taken_back_around_what_somebody_changed_since() {
    for change in ["edit", "checkout", "remove"] {
        let story = deep();
        let kept = half_done(&story);
        match change {
            "edit" => story.write("a/b/c/changed", "later\n"),
            "checkout" => drop(story.git(&["checkout", "HEAD", "--", "a/b/c/changed"])),
            _ => std::fs::remove_file(story.sandbox.join("shop/a/b/c/changed")).expect("removed"),
        }
        let is_removed = change == "remove";
        let now = (!is_removed).then(|| story.read("a/b/c/changed"));

        let output = story.upgrade(&["--allow-dirty"]);

        if is_removed {
            // It was put back, and merged by the run that came.
            assert_eq!(output.status, Some(3), "{}", output.stderr);
            assert!(story.read("a/b/c/changed").contains("\nmine\n"));
        } else {
            assert_eq!(output.status, Some(1), "{}", output.stderr);
            assert!(output.stderr.contains("was changed since"), "{}", output.stderr);
            assert_eq!(Some(story.read("a/b/c/changed")), now);
            assert_eq!(story.read("a/b/c/changed.fastwright-original"), "mine\n");
            assert_eq!(story.read("top"), "old\n");
            assert!(!kept.join("txn").exists());
            // What is changed is merged like any other edit.
            let output = story.upgrade(&["--allow-dirty"]);
            assert!(matches!(output.status, Some(0 | 3)), "{}", output.stderr);
            assert_eq!(story.read("top"), "new\n");
        }
    }
}

/// Leaves a project as a run does that is killed in the middle, whose new files somebody cleared away.
fn half_done(story: &Story) -> PathBuf {
    story.write("a/b/c/changed", "mine\n");
    let before = story.read(".fastwright.toml");
    assert_eq!(story.upgrade(&["--allow-dirty"]).status, Some(3));
    let stores = story.sandbox.join(".home/.local/state/fastwright/projects");
    let entry = std::fs::read_dir(stores).expect("read").next().expect("one").expect("an entry");
    let kept = entry.path();
    std::fs::rename(kept.join("last"), kept.join("txn")).expect("moved");
    let _ = std::fs::remove_file(kept.join("txn/DONE"));
    // Some files were not written yet.
    story.write("top", "old\n");
    story.write(".fastwright.toml", &before);
    kept
}
