//! What packs, answers and files may take of time, memory and words: each run ends by itself, says
//! at which limit, and has written nothing.

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::{Output, Sandbox};

const HEAD: &str =
    "name = 'made'\nversion = '1.0.0'\n[[section]]\nkey = 's'\nlabel = 'Section'\nx = 0\n";

/// One question, which the faces that ask begin with.
const ASKED: &str = "[[question]]\nkey = 'a'\nsection = 's'\nkind = 'text'\nlabel = 'Apple'\npattern = '[a-z]+'\n\
                     help = 'An apple'\ndefault = 'x'\n";

/// Writes a pack with these questions and files below `base/`.
fn pack(sandbox: &Sandbox, questions: &str, files: &[(&str, &str)]) {
    sandbox.write("pack/pack.toml", HEAD.replace("x = 0\n", "") + questions);
    for (path, text) in files {
        sandbox.write(&format!("pack/base/{path}"), text);
    }
}

fn new(sandbox: &Sandbox, more: &[&str]) -> Command {
    sandbox.command(&[&["--pack", "pack", "new", "shop"], more].concat())
}

/// Fails unless a run was refused with these words, in a readable length, and nothing is there.
fn assert_refused(sandbox: &Sandbox, output: &Output, status: i32, words: &str) {
    assert_eq!(output.status, Some(status), "{}", output.stderr);
    assert!(output.stderr.contains(words), "no `{words}`:\n{}", output.stderr);
    assert!(output.stderr.starts_with("error: ") && output.stderr.len() < 50_000);
    assert!(!sandbox.join("shop").exists());
}

/// A template that goes on for weeks and gives nothing.
const ENDLESS: &str = "{% for a in range(end=100000) %}{% for b in range(end=100000) %}\
                       {% set c = a %}{% endfor %}{% endfor %}\n";

#[test]
fn templates_that_take_too_much_are_given_up_and_named() {
    let doubled = |what: &str| {
        let step = format!("{{% set a = {what} %}}\n");
        format!("{{% set a = {} %}}\n{}", what.replace('a', "'xxxxxxxx'"), step.repeat(60))
    };
    let many = "x".repeat(1000);
    let loops = "{% for a in range(end=100000) %}{% for b in range(end=1000) %}";
    let ends = "{% endfor %}{% endfor %}\n";
    let given_up = "rendering pack `made` was given up at `base/f.tera`";
    let memory = "it took more than 512 MiB of memory";
    let time = "it took more than 3 s of the processor's time";
    let output = "a pack gives at most 64 MiB";
    let cases = [
        (ENDLESS.to_owned(), time),
        (doubled("a ~ a"), memory),
        (doubled("[...[a], ...[a]] | join(sep='x')"), given_up),
        (format!("{loops}{many}{ends}"), output),
        (format!("{{% set a %}}{loops}{many}{ends}{{% endset %}}\n"), given_up),
        // A value nested so deep that nothing can go down into it.
        (format!("{{% set a = 1 %}}{loops}{{% set_global a = [a] %}}{ends}{{= a =}}\n"), given_up),
        // Each component calls itself twice, as deep as the engine lets it.
        (
            "{% component Twice() %}{= <Twice/> =}{= <Twice/> =}{% endcomponent Twice %}\n\
             {= <Twice/> =}\n"
                .to_owned(),
            "Maximum render recursion depth",
        ),
        ("{= 'x' | indent(width=9007199254740993) =}\n".to_owned(), "`width` is at most 1000"),
    ];

    for (template, words) in cases {
        let sandbox = Sandbox::new();
        pack(&sandbox, "", &[("f.tera", &template)]);

        let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));

        assert_refused(&sandbox, &output, 1, words);
        assert!(output.stderr.contains("base/f.tera"), "{}", output.stderr);
    }
}

#[test]
fn templates_that_call_each_other_without_an_end_are_given_up() {
    let sandbox = Sandbox::new();
    let include = |number: usize| {
        let next = number + 1;
        let next = format!("{{% include \"base/f{next}.tera\" %}}");
        (format!("f{number}.tera"), format!("{next}{next}\n"))
    };
    let mut files: Vec<(String, String)> = (0..30).map(include).collect();
    files.push(("f30.tera".to_owned(), "x\n".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (&**a, &**b)).collect();
    pack(&sandbox, "", &files);

    let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));

    assert_refused(&sandbox, &output, 1, "rendering pack `made` was given up at `base/f");

    let sandbox = Sandbox::new();
    let block = |name: &str, inner: &str| format!("{{% block {name} %}}{inner}{{% endblock %}}");
    let parent = block("a", &block("b", "x"));
    let child = block("b", &block("a", "{= super() =}"));
    let child = format!("{{% extends \"base/p.tera\" %}}{child}\n");
    pack(&sandbox, "", &[("p.tera", &parent), ("q.tera", &child)]);

    let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));

    assert_eq!(output.status, Some(1), "{}", output.stderr);
    assert!(!sandbox.join("shop").exists());
}

#[test]
fn a_signal_ends_a_run_that_renders_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "", &[("f.tera", ENDLESS)]);
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let mut command = new(&sandbox, &["--yes", "--save-answers", "saved.toml"]);
        let child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let id = child.id().to_string();
        // All before the rendering takes less than the processor's time that is waited for.
        let ticks = || {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
            let ticks = stat.rsplit(' ').nth(38).and_then(|ticks| ticks.parse::<u64>().ok());
            ticks.expect("a number")
        };
        while ticks() < 50 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let kill = Command::new("kill").args(["-s", name, &id]).status().expect("kill");
        assert!(kill.success());

        let output = child.wait_with_output().expect("it ends");

        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.signal(), &*told), (Some(number), ""), "{name}");
        assert_eq!(sandbox.tree(".").len(), 2, "the pack alone");
    }
}

#[test]
fn every_face_ends_where_rendering_is_given_up_and_gives_the_terminal_back() {
    for (face, size, status) in [("wizard", (100, 30), 1), ("prompt", (80, 24), 143)] {
        let sandbox = Sandbox::new();
        pack(&sandbox, ASKED, &[("f.tera", ENDLESS)]);
        let command = new(&sandbox, &["--ui", face, "--no-draft"]);
        let mut terminal = sandbox.terminal(command).size(size.0, size.1).start();
        if face == "prompt" {
            terminal.wait("Apple").keys("\r");
        }

        assert_eq!(terminal.status(), status, "{}", terminal.screen().contents());
        terminal.assert_restored();
        let told = terminal.screen().contents();
        assert!(told.contains("rendering pack `made` was given up at `base/f.tera`"), "{told}");
        assert!(!sandbox.join("shop").exists());
    }
}

#[test]
fn more_than_a_pack_may_ask_is_told_with_the_limit() {
    let text = |number: usize, default: &str| {
        ASKED.replace("'a'", &format!("'q{number}'")).replace("'x'", &format!("'{default}'"))
    };
    let chain = |count: usize| -> String {
        let link = |number: usize| text(number, &format!("{{= q{} =}}", number + 1));
        (0..count).map(link).chain([text(count, "x")]).collect()
    };
    let longer = |number: usize| format!("{}max_length = 5000\n", text(number, "x"));
    let choices: Vec<String> =
        (0..201).map(|number| format!("{{ value = 'c{number}' }}")).collect();
    let choices = choices.join(", ");
    let one = ASKED.replace("'text'", "'one'").replace("'x'", "'c1'");
    let cases = [
        (chain(2000), "it has 2001 questions, and a pack has at most 200"),
        (chain(100), "and so on for more than 32 times"),
        (longer(0), "question `q0` takes more than 1024 characters"),
        (format!("{one}choices = [{choices}]\n"), "question `a` has more than 200 choices"),
        (format!("next = ['{}']\n", "x".repeat(1 << 20)), "it has at most 1024 KiB"),
    ];

    for (questions, words) in cases {
        let sandbox = Sandbox::new();
        let head = HEAD.replace("[[section]]\nkey = 's'\nlabel = 'Section'\nx = 0\n", "");
        let section = "[[section]]\nkey = 's'\nlabel = 'S'\n";
        let text = if questions.starts_with("next") {
            head + &questions + section
        } else {
            head + section + &questions
        };
        sandbox.write("pack/pack.toml", text);

        let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));

        assert_refused(&sandbox, &output, 1, words);
        assert!(output.stderr.contains("pack file `pack.toml` is wrong"), "{}", output.stderr);
    }
}

/// Each default is made of two earlier ones, so that there are more ways than can be gone.
#[test]
fn defaults_that_double_each_other_end_at_the_length_of_a_text() {
    for broken in [false, true] {
        let sandbox = Sandbox::new();
        let mut questions = ASKED.replace("'a'", "'q0'");
        if broken {
            questions = questions.replace("default = 'x'\n", "");
        }
        for number in 1..25 {
            let (one, two) = (number - 1, if number > 1 { number - 2 } else { 0 });
            let default = format!("'{{= q{one} =}}{{= q{two} =}}{{= q{one} =}}'");
            let question = ASKED.replace("'a'", &format!("'q{number}'"));
            questions += &question.replace("'x'", &default);
        }
        pack(&sandbox, &questions, &[("f", "x\n")]);

        let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));

        if broken {
            assert_refused(&sandbox, &output, 2, "`q0` has no answer");
        } else {
            assert_eq!(output.status, Some(0), "{}", output.stderr);
            let state = sandbox.read("shop/.fastwright.toml");
            let lengths = state
                .lines()
                .filter_map(|line| line.split_once(" = \""))
                .map(|(_, text)| text.len());
            assert_eq!(lengths.max(), Some(201), "{state}");
        }
    }
}

#[test]
fn a_question_may_not_be_called_as_the_program_calls_things() {
    for (name, words) in [
        ("directory", "question `directory` is the name of something that every pack has"),
        ("ui", "its question `ui` has the name of another flag"),
        ("help", "its question `help` has the name of another flag"),
        ("pack_version", "its question `pack_version` has the name of another flag"),
        ("set", "its question `set` has the name of another flag"),
        ("check", "its question `check` has the name of another flag"),
    ] {
        let sandbox = Sandbox::new();
        pack(&sandbox, &ASKED.replace("'a'", &format!("'{name}'")), &[("f", "x\n")]);

        let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));

        assert_refused(&sandbox, &output, 1, words);
    }
    for name in ["chdir", "what", "topic", "shell", "verbose_"] {
        let sandbox = Sandbox::new();
        let question = ASKED.replace("'a'", &format!("'{name}'"));
        pack(&sandbox, &question, &[("f.tera", &format!("{{= {name} =}}\n"))]);

        let flag = format!("--{}=given", name.replace('_', "-"));
        let output = sandbox.finish(&mut new(&sandbox, &["--yes", &flag]));

        assert_eq!(output.status, Some(0), "{}", output.stderr);
        assert_eq!(sandbox.read("shop/f"), "given\n");
    }
}

#[test]
fn answers_files_of_any_size_and_kind_end_in_an_error_that_can_be_read() {
    let mut toml = String::new();
    for number in 0..60_000 {
        writeln!(toml, "styl{number} = 1").expect("a text");
    }
    let json = toml.trim_end().replace(" = 1\n", "\": 1, \"").replace(" = 1", "\": 1");
    let name = "x".repeat(900_000);
    let cases = [
        (toml, "there are 59900 more problems of this kind"),
        (format!("{{\"{json}}}"), "there are 59900 more problems of this kind"),
        (format!("name = {name}"), "answers file `answers` cannot be read"),
        (format!("{name} = 1"), "there is no question `xxx"),
        (format!("name = '{name}'"), "`name` has 900000 characters"),
        (format!("style = '{name}'"), "`style` is `xxx"),
        (format!("{{\"name\": {name}}}"), "answers file `answers` cannot be read"),
        (format!("colors = [{}]", "'nope',".repeat(100_000)), "takes one of"),
        ("name = ".to_owned() + &"[".repeat(500_000), "answers file `answers` cannot be read"),
        ("x".repeat((1 << 20) + 1), "it is larger than 1024 KiB"),
    ];

    for (text, words) in cases {
        let sandbox = Sandbox::new();
        sandbox.write("answers", text);

        let arguments = ["new", "shop", "--yes", "--answers", "answers"];
        let output = sandbox.finish(&mut sandbox.with_pack("evolving", &arguments));

        assert_refused(&sandbox, &output, 2, words);
    }
}

/// Whoever opens a pipe waits for its other end, and a device may never end.
#[test]
fn what_is_no_file_is_never_waited_for() {
    let sandbox = Sandbox::new();
    pack(&sandbox, ASKED, &[("f", "x\n")]);
    let pipe = |path: &str| {
        let path = sandbox.join(path);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    };
    pipe("pipe");
    std::fs::create_dir(sandbox.join("folder")).expect("a folder");

    for name in ["pipe", "folder", "/dev/zero", "/dev/tty", "/proc/self/mem"] {
        let output = sandbox.finish(&mut new(&sandbox, &["--yes", "--answers", name]));
        assert_refused(&sandbox, &output, 2, &format!("cannot read `{name}`"));
    }
    let output = sandbox.finish(&mut new(&sandbox, &["--yes", "--save-answers", "pipe"]));
    assert_refused(&sandbox, &output, 1, "cannot read `pipe`");

    // A pack is read but for what is no file.
    pipe("pack/base/pipe");
    let output = sandbox.finish(&mut new(&sandbox, &["--yes", "--no-git"]));
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(sandbox.tree("shop").len(), 2);
}

#[test]
fn a_folder_that_is_no_pack_is_not_read_to_its_end() {
    let sandbox = Sandbox::new();
    pack(&sandbox, "", &[(&format!("{}f", "a/".repeat(70)), "x\n")]);
    let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));
    assert_refused(&sandbox, &output, 1, "a pack has at most 64 folders one in another");

    let sandbox = Sandbox::new();
    pack(&sandbox, "", &[("f", "x\n")]);
    let large = std::fs::File::create(sandbox.join("pack/base/large")).expect("a file");
    large.set_len(1 << 40).expect("a hole");
    let output = sandbox.finish(&mut new(&sandbox, &["--yes"]));
    assert_refused(&sandbox, &output, 1, "a pack has at most 64 MiB in all its files");
}
