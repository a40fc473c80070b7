//! What has the focus, the field there, and the text that narrows its options.

use crossterm::event::KeyEvent;

use super::super::keymap::Action;
use super::field::edited;
use crate::pack::Key;
use crate::ui::edit::Edit;

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

/// The focus.
#[derive(Clone, Debug)]
pub struct Cursor {
    focus: Focus,
    /// The text that is being typed, while a field has the focus.
    field: Option<Edit>,
    /// Shows only options with this text.
    filter: Option<Edit>,
}

impl Cursor {
    /// Puts the focus somewhere, with the text of the field there.
    #[must_use]
    pub fn at(focus: Focus, field: Option<Edit>) -> Self {
        Self { focus, field, filter: None }
    }

    /// Returns what has the focus.
    #[must_use]
    pub fn focus(&self) -> &Focus {
        &self.focus
    }

    /// Returns the question with the focus.
    #[must_use]
    pub fn question(&self) -> Option<&Key> {
        match &self.focus {
            Focus::Question { key, .. } => Some(key),
            Focus::Review(_) => None,
        }
    }

    /// Tells whether the review has the focus.
    #[must_use]
    pub fn is_review(&self) -> bool {
        matches!(self.focus, Focus::Review(_))
    }

    /// Returns the text that is being typed.
    #[must_use]
    pub fn field(&self) -> Option<&Edit> {
        self.field.as_ref()
    }

    /// Returns the text that narrows the options.
    #[must_use]
    pub fn filter(&self) -> Option<&Edit> {
        self.filter.as_ref()
    }

    /// Puts the cursor on an option of the question with the focus.
    pub fn put_on(&mut self, to: usize) {
        if let Focus::Question { option, .. } = &mut self.focus {
            *option = to;
        }
    }

    /// Lets the field take a key; tells whether it did.
    pub fn edit(&mut self, key: KeyEvent, action: Option<Action>) -> bool {
        self.field.as_mut().is_some_and(|edit| edited(edit, key, action))
    }

    /// Takes what was typed out of the field.
    pub fn take_field(&mut self) -> Option<String> {
        self.field.take().map(|edit| edit.text)
    }

    /// Puts another text into the field, if there is one.
    pub fn set_field(&mut self, edit: Edit) {
        if self.field.is_some() {
            self.field = Some(edit);
        }
    }

    /// Puts a text where it goes; tells whether all of it found room.
    pub fn paste(&mut self, text: &str) -> bool {
        let edit = self.filter.as_mut().or(self.field.as_mut());
        edit.is_none_or(|edit| edit.insert(text))
    }

    /// Begins to narrow the options.
    pub fn start_filter(&mut self) {
        self.filter = Some(Edit::default());
    }

    /// Shows all options again.
    pub fn stop_filter(&mut self) {
        self.filter = None;
    }

    /// Lets the filter take a key; tells whether it did.
    pub fn edit_filter(&mut self, key: KeyEvent, action: Option<Action>) -> bool {
        self.filter.as_mut().is_some_and(|edit| edited(edit, key, action))
    }
}
