//! The state of the wizard: what was answered, where the focus is, what is open.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::keeping::Keeping;
use super::options::Obstacle;
use super::place::Place;
use super::tree::TreeView;
use super::world::World;
use crate::answer::Layer;
use crate::pack::{Key, Kind, Question, Value};
use crate::ui::edit::Edit;

/// The wizard as a value: `update` changes it, `draw` shows it.
pub struct Wizard<'a> {
    /// What does not change.
    pub world: World<'a>,
    /// What does.
    pub model: Model,
    /// What follows from both.
    pub facts: Facts,
}

/// All state.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Model {
    /// The answers given here.
    pub asked: Layer,
    /// Where the project goes.
    pub place: Place,
    /// Whether a repository is started.
    pub git: bool,
    /// What has the focus.
    pub focus: Focus,
    /// The text that is being typed, while a field has the focus.
    pub edit: Option<Edit>,
    /// Questions that the focus has left.
    pub visited: BTreeSet<Key>,
    /// The pane with the focus.
    pub pane: Pane,
    /// What covers the panes.
    pub page: Page,
    /// What is asked in between.
    pub dialog: Option<Dialog>,
    /// Shows only options with this text.
    pub filter: Option<Edit>,
    /// The tree of files.
    pub tree: TreeView,
    /// The first line shown of a file, of the explanation, of the review and of the help.
    pub scroll: Scroll,
    /// Where the lower pane of a middle-sized terminal shows the tree.
    pub lower_tree: bool,
    /// Only what changes in a file is shown.
    pub only_changes: bool,
    /// The command in full.
    pub full_command: bool,
    /// The mouse is the wizard's.
    pub mouse: bool,
    /// Whether the answers are kept for the next time.
    pub keeping: Keeping,
    /// One line that tells what just happened.
    pub notice: Option<String>,
    /// The command, once it was copied.
    pub copied: Option<String>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// States before each answer, the last one last.
    pub past: Vec<Snapshot>,
    /// States that were taken back.
    pub future: Vec<Snapshot>,
}

/// What an undo brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The answers.
    pub asked: Layer,
    /// The directory.
    pub place: Place,
    /// Whether a repository is started.
    pub git: bool,
    /// Where that was changed.
    pub focus: Focus,
}

/// What has the focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Focus {
    /// A question.
    Question {
        /// Which.
        key: Key,
        /// The option with the cursor.
        option: usize,
    },
    /// The review.
    Review(Target),
}

/// A line or button of the review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// What is wrong, by its place among all that is.
    Issue(usize),
    /// An answer.
    Answer(Key),
    /// The directory.
    Directory,
    /// Another directory, where nothing stands.
    Free,
    /// Whether a repository is started.
    Git,
    /// The command.
    Command,
    /// A button.
    Create,
    /// A button.
    Back,
    /// A button.
    Save,
    /// A button.
    Copy,
}

/// A part of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The list of sections.
    Sections,
    /// The questions, or the review.
    Form,
    /// The explanation.
    Why,
    /// The tree of files.
    Tree,
    /// The contents of a file.
    File,
}

/// What covers the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Nothing.
    Panes,
    /// The explanation.
    Why,
    /// The files.
    Files,
    /// All keys.
    Help,
}

/// What is asked in between.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// Whether to go on with the answers of an earlier run.
    Resume {
        /// What was kept.
        what: String,
        /// The button with the cursor.
        button: usize,
    },
    /// Whether to leave.
    Quit {
        /// The button with the cursor.
        button: usize,
    },
    /// Whether to change other answers too.
    Fix {
        /// The answer that was chosen.
        change: (Key, Value),
        /// What is in its way.
        obstacle: Box<Obstacle>,
        /// Whether to go on to the next question.
        goes_on: bool,
        /// The button with the cursor.
        button: usize,
    },
    /// Where to write the answers.
    Save(Edit),
    /// Where to go.
    Jump {
        /// What is looked for.
        edit: Edit,
        /// The line with the cursor.
        line: usize,
    },
}

/// First lines shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// Of a file; until somebody scrolls it is the first change.
    pub file: Option<usize>,
    /// Of the explanation.
    pub why: usize,
    /// Of the help.
    pub help: usize,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Three columns of panes.
    Wide,
    /// Two rows of panes.
    Middle,
    /// One column without lines.
    Small,
    /// Too little.
    Tiny,
}

impl Model {
    /// Returns the layout for the terminal's size.
    #[must_use]
    pub fn layout(&self) -> Layout {
        match self.size {
            (columns, rows) if columns < 40 || rows < 10 => Layout::Tiny,
            (columns, rows) if columns >= 100 && rows >= 30 => Layout::Wide,
            (columns, rows) if columns >= 80 && rows >= 20 => Layout::Middle,
            _ => Layout::Small,
        }
    }

    /// Returns the question with the focus.
    #[must_use]
    pub fn question(&self) -> Option<&Key> {
        match &self.focus {
            Focus::Question { key, .. } => Some(key),
            Focus::Review(_) => None,
        }
    }

    /// Returns what an undo would bring back.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            asked: self.asked.clone(),
            place: self.place.clone(),
            git: self.git,
            focus: self.focus.clone(),
        }
    }
}

impl<'a> Wizard<'a> {
    /// Starts with the answers of a draft.
    #[must_use]
    pub fn start(
        world: World<'a>,
        directory: &str,
        draft: Layer,
        git: bool,
        mouse: bool,
        size: (u16, u16),
    ) -> Self {
        let visited = draft.iter().filter_map(|(name, _, _)| {
            world.pack.question(name).map(|question| question.key.clone())
        });
        let model = Model {
            visited: visited.collect(),
            asked: draft,
            place: (world.place)(directory),
            git,
            focus: Focus::Review(Target::Create),
            edit: None,
            pane: Pane::Form,
            page: Page::Panes,
            dialog: None,
            filter: None,
            tree: TreeView::default(),
            scroll: Scroll::default(),
            lower_tree: false,
            only_changes: false,
            full_command: false,
            mouse,
            keeping: Keeping::default(),
            notice: None,
            copied: None,
            size,
            past: Vec::new(),
            future: Vec::new(),
        };
        let facts = Facts::of(&world, &model, None);
        let mut wizard = Self { world, model, facts };
        // What a project says of itself is the best to see first.
        wizard.model.tree.selected = Some("README.md".to_owned());
        let open = wizard.facts.stops.iter().find(|key| !wizard.model.visited.contains(*key));
        match open.cloned() {
            Some(key) => wizard.focus_question(&key),
            None => wizard.focus_review(),
        }
        wizard.refresh();
        wizard
    }

    /// Derives the facts again and puts the focus where something is.
    pub fn refresh(&mut self) {
        self.facts = Facts::of(&self.world, &self.model, Some(&self.facts));
        if let Some(key) = self.model.question()
            && !self.facts.stops.contains(key)
        {
            let place = |key: &Key| self.world.questions().position(|one| one.key == *key);
            let at = place(key);
            let next = self.facts.stops.iter().find(|stop| place(stop) >= at);
            match next.or(self.facts.stops.last()).cloned() {
                Some(key) => self.focus_question(&key),
                None => self.focus_review(),
            }
            self.facts = Facts::of(&self.world, &self.model, Some(&self.facts));
        }
        match &self.model.focus {
            Focus::Review(target) if self.targets().contains(target) => {}
            Focus::Review(Target::Free) => self.focus_target(Target::Directory),
            Focus::Review(_) => self.focus_review(),
            Focus::Question { .. } => {}
        }
        let choices = self.model.question().and_then(|key| self.facts.choices.get(key));
        let last = choices.map_or(0, |choices| choices.len().saturating_sub(1));
        if let Focus::Question { option, .. } = &mut self.model.focus {
            *option = (*option).min(last);
        }
        self.model.tree.follow(&self.facts.preview);
    }

    /// Returns a question of the pack.
    #[must_use]
    pub fn pack_question(&self, key: &Key) -> Option<&'a Question> {
        self.world.pack.question(key.as_str())
    }

    /// Tells whether a question is answered by typing.
    #[must_use]
    pub fn is_typed(&self, key: &Key) -> bool {
        let kind = self.pack_question(key).map(|question| &question.kind);
        matches!(kind, Some(Kind::Text(_) | Kind::Integer { .. }))
    }

    /// Puts the focus on a question and its chosen option.
    pub fn focus_question(&mut self, key: &Key) {
        let choices = self.facts.choices.get(key);
        let chosen = choices.and_then(|all| all.iter().position(|choice| choice.is_chosen));
        self.model.focus = Focus::Question { key: key.clone(), option: chosen.unwrap_or(0) };
        self.settle(self.is_typed(key).then(|| Edit::of(self.facts.text(&self.world, key))));
    }

    /// Puts the focus on the review: on what is wrong, or on the button.
    pub fn focus_review(&mut self) {
        let target = if self.facts.issues() > 0 { Target::Issue(0) } else { Target::Create };
        self.focus_target(target);
    }

    /// Puts the focus on a part of the review.
    pub fn focus_target(&mut self, target: Target) {
        let edit = (target == Target::Directory).then(|| Edit::of(self.model.place.text.clone()));
        self.model.focus = Focus::Review(target);
        self.settle(edit);
    }

    fn settle(&mut self, edit: Option<Edit>) {
        self.model.edit = edit;
        self.model.filter = None;
        self.model.pane = Pane::Form;
        self.model.tree.is_held = false;
        self.model.scroll.why = 0;
        self.model.scroll.file = None;
    }
}
