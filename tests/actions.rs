//! What the commands do, without a command line.

use fastwright::action::{Base, New, Outcomes, Prepared, Start, Transition, differences, status};
use fastwright::answer::{Given, Layer, Source};
use fastwright::project::{Access, Conflicts, Dirty, Interrupt, Project};
use fastwright::tree::RelPath;

use crate::support::{catalog, layers};

#[test]
fn a_project_is_made_read_and_upgraded_without_a_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (target, kept) = (folder.path().join("demo"), folder.path().join("state"));
    let catalog = catalog("evolving");
    let old = catalog.load("1.0.0".parse().ok()).expect("the old version");
    let pack = catalog.load(None).expect("the newest version");
    let interrupt = Interrupt::default();

    let new = New::render(&old, &layers(&[]), &target).expect("files");
    assert_eq!(new.plan().expect("a plan").changes.len(), new.tree.len());
    new.write(Start::Folder, Some(&kept), &interrupt).expect("written");
    assert!(
        new.write(Start::Folder, Some(&kept), &interrupt).expect("again").plan.edits().is_empty()
    );

    let edited = target.join("bin/run");
    let text = std::fs::read_to_string(&edited).expect("readable");
    std::fs::write(&edited, format!("{text}# An edit\n")).expect("written");

    let open = |access| Project::open(&target, access, Some(&kept)).expect("a project");
    let project = open(Access::Read);
    let found = status(&catalog, &pack, &project).expect("a status");
    assert_eq!(found.edited.iter().map(RelPath::as_str).collect::<Vec<_>>(), ["bin/run"]);
    assert_eq!((found.deleted.len(), found.unresolved.len()), (0, 0));
    assert_eq!(found.transition.from().to_string(), "1.0.0");
    let edits = differences(&catalog, &project).expect("differences");
    assert!(edits.is_recorded);
    assert_eq!(edits.edits.len(), 1);
    drop(found);
    drop(project);

    let project = open(Access::Write);
    let mut given = Layer::new();
    given.insert("copies", Given::Text("3".to_owned()), Source::Set);
    let prepared = |given: &Layer| {
        let way = Transition::new(&catalog, &pack, &project, vec![given.clone()]).expect("a way");
        let prepared = Prepared::new(&project, &way, Base::Recorded, Conflicts::Markers);
        (prepared.expect("prepared"), way)
    };
    let (upgrade, way) = prepared(&given);
    let upgrade = upgrade.expect("something to do");
    let survey = upgrade.survey().expect("a survey");
    let outcomes = Outcomes::new(&project, &pack, &way, Base::Recorded, Conflicts::Markers);
    let outcome = outcomes.and_then(|all| all.plan(&way.answers)).expect("an outcome");
    assert!(outcome.changes.keys().eq(survey.plan.changes.keys()), "shown before as it is written");
    assert!(!survey.plan.has_conflicts());

    upgrade.write(&survey, Dirty::Allowed, &interrupt).expect("upgraded");

    assert!(std::fs::read_to_string(&edited).expect("readable").ends_with("# An edit\n"));
    drop(project);
    let project = open(Access::Read);
    let way = Transition::new(&catalog, &pack, &project, Vec::new()).expect("a way");
    let again = Prepared::new(&project, &way, Base::Recorded, Conflicts::Markers);
    assert!(again.expect("current").is_none(), "there is nothing left to do");
    assert_eq!(way.answers.get("copies").map(ToString::to_string).as_deref(), Some("3"));
}
