//! Upgrades as a person meets them: what is said, what stands in the files, how the run ends.

use crate::support::{Output, Story, Version};

const CONFLICT: &str = "<<<<<<< your version\nmine\n||||||| pack 1.0.0 (recorded)\nold\n=======\n\
    new\n>>>>>>> pack 2.0.0\n";

fn told(status: i32, stderr: &str) -> Output {
    Output { status: Some(status), stdout: String::new(), stderr: stderr.to_owned() }
}

#[test]
fn upgrade_takes_new_changed_and_dropped_files_and_says_so() {
    let story = Story::new(
        &[("changed", "old\n"), ("gone", "old\n"), ("same", "same\n")],
        &[("changed", "new\n"), ("created", "new\n"), ("same", "same\n")],
    );

    let output = story.upgrade(&[]);

    let expected = "upgraded shop: pack 1.0.0 to 2.0.0\n  updated   changed\n  created   created\n  \
                    deleted   gone\n\nnext:\n  look at `git diff`, then commit\n  \
                    fastwright upgrade --undo       takes all of it back\n";
    assert_eq!(output, told(0, expected));
    let tree = story.tree();
    let tree: Vec<_> = tree.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(tree, [("changed", "new\n"), ("created", "new\n"), ("same", "same\n")]);
    assert!(story.read(".fastwright.toml").contains("version = \"2.0.0\"\n"));
}

#[test]
fn upgrade_merges_lines_and_marks_those_that_both_changed() {
    let story = Story::new(
        &[("both", "old\n"), ("lines", "a\nb\nc\nd\n")],
        &[("both", "new\n"), ("lines", "a\nb\nc\nD\n")],
    );
    story.write("both", "mine\n");
    story.write("lines", "A\nb\nc\nd\n");
    story.commit();

    let output = story.upgrade(&[]);

    let expected = "upgraded shop: pack 1.0.0 to 2.0.0\n  conflict  both\n  merged    lines\n\n\
                    1 conflict:\n  `both`: you and the template changed the same lines; both stand \
                    between markers\n\nnext:\n  resolve each conflict and `git add` it; `git \
                    mergetool` helps\n  fastwright upgrade --continue   ends the upgrade\n  \
                    fastwright upgrade --abort      takes all of it back\n";
    assert_eq!(output, told(3, expected));
    assert_eq!(story.read("both"), CONFLICT);
    assert_eq!(story.read("lines"), "A\nb\nc\nD\n");
    assert_eq!(story.status(), " M .fastwright.toml\nUU both\n M lines\n");
    assert_eq!(story.git(&["show", ":1:both", ":2:both", ":3:both"]), "old\nmine\nnew\n");
}
