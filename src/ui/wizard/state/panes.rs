//! What is seen: pages and panes, which of them has the keys, and how far each is scrolled.

use super::super::keymap::Step;

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

/// The pages and panes of a terminal.
#[derive(Clone, Debug)]
pub struct Panes {
    /// Columns and rows of the terminal.
    size: (u16, u16),
    page: Page,
    pane: Pane,
    /// The lower pane of a middle-sized terminal shows the tree.
    lower_tree: bool,
    /// The first line of the explanation.
    why: usize,
    /// The first line of the help.
    help: usize,
    /// The command stands in full.
    full_command: bool,
    /// The mouse is the wizard's.
    mouse: bool,
}

impl Panes {
    /// Starts with the questions.
    #[must_use]
    pub fn of(size: (u16, u16), mouse: bool) -> Self {
        Self {
            size,
            page: Page::Panes,
            pane: Pane::Form,
            lower_tree: false,
            why: 0,
            help: 0,
            full_command: false,
            mouse,
        }
    }

    /// Returns columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Returns what covers the panes.
    #[must_use]
    pub fn page(&self) -> Page {
        self.page
    }

    /// Returns the pane with the keys.
    #[must_use]
    pub fn pane(&self) -> Pane {
        self.pane
    }

    /// Tells whether the lower pane of a middle-sized terminal shows the tree.
    #[must_use]
    pub fn shows_lower_tree(&self) -> bool {
        self.lower_tree
    }

    /// Returns the first line of the explanation.
    #[must_use]
    pub fn why(&self) -> usize {
        self.why
    }

    /// Returns the first line of the help.
    #[must_use]
    pub fn help(&self) -> usize {
        self.help
    }

    /// Tells whether the command stands in full.
    #[must_use]
    pub fn shows_full_command(&self) -> bool {
        self.full_command
    }

    /// Tells whether the mouse is the wizard's.
    #[must_use]
    pub fn has_mouse(&self) -> bool {
        self.mouse
    }

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

    /// Tells whether the questions or the review have the keys.
    #[must_use]
    pub fn is_at_form(&self) -> bool {
        self.pane == Pane::Form && self.page == Page::Panes
    }

    /// Returns the panes that can have the keys.
    #[must_use]
    pub fn all(&self, is_review: bool) -> Vec<Pane> {
        match (self.page, self.layout()) {
            (Page::Files, _) => vec![Pane::Tree, Pane::File],
            (Page::Panes, Layout::Wide) => {
                let why = (!is_review).then_some(Pane::Why);
                [Pane::Sections, Pane::Form]
                    .into_iter()
                    .chain(why)
                    .chain([Pane::Tree, Pane::File])
                    .collect()
            }
            (Page::Panes, Layout::Middle) if is_review => vec![Pane::Form],
            (Page::Panes, Layout::Middle) if self.lower_tree => {
                vec![Pane::Form, Pane::Why, Pane::Tree]
            }
            (Page::Panes, Layout::Middle) => vec![Pane::Form, Pane::Why, Pane::File],
            (Page::Panes, Layout::Small | Layout::Tiny) | (Page::Why | Page::Help, _) => {
                vec![Pane::Form]
            }
        }
    }

    /// Gives a pane the keys.
    pub fn go(&mut self, pane: Pane) {
        self.pane = pane;
    }

    /// Gives the next pane the keys.
    pub fn next(&mut self, is_review: bool) {
        let panes = self.all(is_review);
        let at = panes.iter().position(|pane| *pane == self.pane);
        self.pane =
            at.and_then(|at| panes.get(at + 1)).or(panes.first()).copied().unwrap_or(Pane::Form);
    }

    /// Takes another size.
    pub fn resize(&mut self, size: (u16, u16), is_review: bool) {
        self.size = size;
        if self.page == Page::Panes && !self.all(is_review).contains(&self.pane) {
            self.pane = Pane::Form;
        }
    }

    /// Begins at the top of what belongs to another focus.
    pub fn settle(&mut self) {
        self.pane = Pane::Form;
        self.why = 0;
    }

    /// Begins at the top of another explanation.
    pub fn explain_anew(&mut self) {
        self.why = 0;
    }

    /// Opens a page over the panes, or none.
    pub fn open(&mut self, page: Page) {
        self.page = page;
    }

    /// Opens the contents of a file.
    pub fn open_file(&mut self) {
        self.page = Page::Files;
        self.pane = Pane::File;
    }

    /// Shows the contents of a file where the tree was.
    pub fn look_into_file(&mut self) {
        self.lower_tree = false;
        self.pane = Pane::File;
    }

    /// Opens a page, or closes it.
    pub fn turn(&mut self, page: Page) {
        self.page = if self.page == page { Page::Panes } else { page };
        self.help = 0;
        self.pane = Pane::Form;
    }

    /// Shows the files, or hides them.
    pub fn turn_files(&mut self, is_review: bool) {
        match (self.layout(), self.page) {
            (_, Page::Files) => {
                self.page = Page::Panes;
                self.pane = Pane::Form;
            }
            (Layout::Middle, Page::Panes) if !is_review => {
                self.lower_tree = !self.lower_tree;
                self.pane = if self.lower_tree { Pane::Tree } else { Pane::Form };
            }
            _ => {
                self.page = Page::Files;
                self.pane = Pane::Tree;
            }
        }
    }

    /// Closes what is open; tells whether something was.
    pub fn close(&mut self) -> bool {
        let small = self.layout() == Layout::Small;
        if self.page == Page::Files && self.pane == Pane::File && small {
            self.pane = Pane::Tree;
        } else if self.page != Page::Panes {
            self.page = Page::Panes;
            self.pane = Pane::Form;
        } else if self.pane != Pane::Form {
            self.pane = Pane::Form;
        } else {
            return false;
        }
        true
    }

    /// Scrolls the explanation.
    pub fn scroll_why(&mut self, step: Step) {
        self.why = scrolled(self.why, step);
    }

    /// Scrolls the help.
    pub fn scroll_help(&mut self, step: Step) {
        self.help = scrolled(self.help, step);
    }

    /// Shows the command in full, or what matters of it.
    pub fn turn_command(&mut self) {
        self.full_command = !self.full_command;
    }

    /// Takes the mouse, or leaves it to the terminal; tells whether it is taken.
    pub fn turn_mouse(&mut self) -> bool {
        self.mouse = !self.mouse;
        self.mouse
    }
}

/// Returns the first line after a step.
#[must_use]
pub fn scrolled(first: usize, step: Step) -> usize {
    match step {
        Step::Up => first.saturating_sub(1),
        Step::Down => first + 1,
        Step::PageUp => first.saturating_sub(10),
        Step::PageDown => first + 10,
        Step::First => 0,
        Step::Last => usize::MAX / 2,
        Step::Left | Step::Right => first,
    }
}
