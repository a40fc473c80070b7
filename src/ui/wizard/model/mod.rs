//! The wizard as a value: `update` changes it, `draw` shows it.
//!
//! Only what is below this module changes a part of the state, and only by the part's own methods;
//! all others look at it.

mod dialogs;
mod mouse;
mod panes;
mod questions;
mod targets;
mod update;

use super::facts::{Facts, State};
use super::keeping::Keeping;
use super::place::{Place, Standing};
use super::state::cursor::{Cursor, Focus, Target};
use super::state::dialog::Dialog;
use super::state::files::Files;
use super::state::form::Form;
use super::state::known::Known;
use super::state::panes::Panes;
use super::state::status::Status;
use super::world::World;
use crate::answer::Progress;
use crate::pack::{Key, Kind, Question};
use crate::ui::edit::Edit;

/// The wizard.
pub struct Wizard<'a> {
    /// What does not change.
    world: World<'a>,
    /// What is decided.
    form: Form,
    /// What has the focus.
    cursor: Cursor,
    /// What is seen.
    panes: Panes,
    /// The files, as they are looked at.
    files: Files,
    /// What is asked in between.
    dialog: Option<Dialog>,
    /// What is told.
    status: Status,
    /// What the program around told.
    known: Known,
    /// What follows from all of it.
    facts: Facts,
}

/// What a wizard starts with.
pub struct Start {
    /// Where the project goes.
    pub place: Place,
    /// Answers of a draft.
    pub draft: Progress,
    /// They are offered in these words; without, they are taken.
    pub offer: Option<String>,
    /// Somebody keeps the answers.
    pub keeps: bool,
    /// Whether a repository is started.
    pub git: bool,
    /// The mouse is the wizard's.
    pub mouse: bool,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
}

impl<'a> Wizard<'a> {
    /// Starts where the first question is open.
    #[must_use]
    pub fn start(world: World<'a>, start: Start) -> Self {
        let Start { place, draft, offer, keeps, git, mouse, size } = start;
        let all = world.pack.questions.iter().map(|question| &question.key);
        let visited = all.filter(|key| draft.is_answered(key.as_str())).cloned().collect();
        let form = Form::of(draft.answers, place, git, visited);
        let cursor = Cursor::at(Focus::Review(Target::Create), None);
        let known = Known::default();
        let state = State { form: &form, cursor: &cursor, known: &known };
        let facts = Facts::of(&world, state, None);
        let mut wizard = Self {
            world,
            cursor,
            panes: Panes::of(size, mouse),
            // What a project says of itself is the best to see first.
            files: Files::at("README.md"),
            dialog: None,
            status: Status::of(if keeps { kept(&form) } else { Keeping::Unwanted }),
            known,
            facts,
            form,
        };
        let open = wizard.facts.stops.iter().find(|key| !wizard.form.has_seen(key));
        match open.cloned() {
            Some(key) => wizard.focus_question(&key),
            None => wizard.focus_review(),
        }
        wizard.refresh();
        wizard.tell_place();
        wizard.dialog = offer.map(|what| Dialog::Resume { what, button: 0 });
        wizard
    }

    /// Returns what does not change.
    #[must_use]
    pub fn world(&self) -> &World<'a> {
        &self.world
    }

    /// Returns what is decided.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// Returns what has the focus.
    #[must_use]
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Returns what is seen.
    #[must_use]
    pub fn panes(&self) -> &Panes {
        &self.panes
    }

    /// Returns the files, as they are looked at.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Returns what is asked in between.
    #[must_use]
    pub fn dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref()
    }

    /// Returns what is told.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Returns what follows from all of it.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
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

    /// Tells whether a field takes what is typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.cursor.field().is_some() && self.panes.is_at_form() && self.dialog.is_none()
    }

    /// Tells whether a field holds something that is no answer yet.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.cursor.field().is_some_and(|edit| edit.text != self.committed())
    }

    /// Returns the text of the field with the focus as it was answered.
    fn committed(&self) -> String {
        match self.cursor.focus() {
            Focus::Question { key, .. } => self.facts.text(&self.world, key),
            Focus::Review(_) => self.form.place().text.clone(),
        }
    }

    /// Tells what leaving means.
    #[must_use]
    pub fn farewell(&self) -> &'static str {
        match self.status.keeping() {
            _ if self.world.is_upgrade() => "Nothing is changed.",
            Keeping::Saved => "Nothing is written. The answers are kept for the next time.",
            Keeping::Unwanted | Keeping::Failed if !self.form.is_empty() => {
                "Nothing is written, and the answers are not kept."
            }
            Keeping::Unwanted | Keeping::Failed | Keeping::Empty => "Nothing is written.",
        }
    }

    /// Tells at once where something stands already; else only the review would.
    fn tell_place(&mut self) {
        let place = self.form.place();
        if let (Standing::Files(_), Some(free)) = (&place.standing, &place.free) {
            let (text, words, free) = (&place.text, place.words(), &free.text);
            self.status.tell(format!("{text} {words}; the review offers {free}"));
        }
    }

    fn derive(&mut self) {
        let Self { form, cursor, known, .. } = self;
        self.facts = Facts::of(&self.world, State { form, cursor, known }, Some(&self.facts));
    }

    /// Derives the facts again and puts the focus where something is.
    pub fn refresh(&mut self) {
        self.derive();
        if let Some(key) = self.cursor.question()
            && !self.facts.stops.contains(key)
        {
            let questions = || self.world.interview(None).questions();
            let place = |key: &Key| questions().position(|one| one.key == *key);
            let at = place(key);
            let next = self.facts.stops.iter().find(|stop| place(stop) >= at);
            match next.or(self.facts.stops.last()).cloned() {
                Some(key) => self.focus_question(&key),
                None => self.focus_review(),
            }
            self.derive();
        }
        match self.cursor.focus() {
            Focus::Review(target) if self.targets().contains(target) => {}
            Focus::Review(Target::Free) => self.focus_target(Target::Directory),
            Focus::Review(_) => self.focus_review(),
            Focus::Question { .. } => {}
        }
        let choices = self.cursor.question().and_then(|key| self.facts.choices.get(key));
        let last = choices.map_or(0, |choices| choices.len().saturating_sub(1));
        if let Focus::Question { option, .. } = self.cursor.focus()
            && *option > last
        {
            self.cursor.put_on(last);
        }
        self.files.follow(&self.facts.preview);
    }

    /// Puts the focus on a question and its chosen option.
    pub fn focus_question(&mut self, key: &Key) {
        let choices = self.facts.choices.get(key);
        let chosen = choices.and_then(|all| all.iter().position(|choice| choice.is_chosen));
        let field = self.is_typed(key).then(|| Edit::of(self.facts.text(&self.world, key)));
        self.settle(Focus::Question { key: key.clone(), option: chosen.unwrap_or(0) }, field);
    }

    /// Puts the focus on the review: on what is wrong, or on the button.
    fn focus_review(&mut self) {
        let target = if self.facts.issues() > 0 { Target::Issue(0) } else { Target::Create };
        self.focus_target(target);
    }

    /// Puts the focus on a part of the review.
    fn focus_target(&mut self, target: Target) {
        let place = &self.form.place().text;
        let field = (target == Target::Directory).then(|| Edit::of(place.clone()));
        self.settle(Focus::Review(target), field);
    }

    fn settle(&mut self, focus: Focus, field: Option<Edit>) {
        self.cursor = Cursor::at(focus, field);
        self.panes.settle();
        self.files.let_go();
    }
}

/// Returns what became of answers that are kept.
fn kept(form: &Form) -> Keeping {
    if form.is_empty() { Keeping::Empty } else { Keeping::Saved }
}
