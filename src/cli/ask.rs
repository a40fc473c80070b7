//! Asks for what nothing else answers: by which face, from which draft, and keeps each answer.

use std::cell::Cell;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::command::Recipe;
use super::face::{Face, Facts, choose};
use super::variable;
use super::wizard;
use crate::action::New;
use crate::answer::{Interview, Layer, Layers, Progress, Unanswered, resolve};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::limits;
use crate::pack::Pack;
use crate::project::{self, Draft, Interrupt, Kept};
use crate::tree::Tree;
use crate::ui::wizard::Outcome;
use crate::ui::{self, Asking, Outlook, Signals, Typed, Ui};

/// What came of asking.
pub(super) struct Asked {
    layer: Layer,
    draft: Option<Draft>,
    /// The directory, which may be another one by now.
    pub directory: PathBuf,
    /// Whether a repository is to be started.
    pub git: bool,
    /// Holds signals until others listen to them.
    signals: Option<Signals>,
}

impl Asked {
    /// Puts the answers before all others; what was not asked takes its default.
    pub(super) fn layers(&self, given: &Layers) -> Layers {
        with_asked(given, &self.layer)
    }

    /// Leaves signals to others, also one that came already, and returns what is to be removed once
    /// all is done.
    pub(super) fn finish(self, interrupt: &Interrupt) -> Option<Draft> {
        if let Some(signal) = self.signals.and_then(Signals::hand_over) {
            interrupt.raise(signal);
        }
        self.draft
    }
}

fn with_asked(given: &Layers, asked: &Layer) -> Layers {
    let mut layers = given.clone();
    layers.layers.insert(0, asked.clone());
    layers.unanswered = Unanswered::Default;
    layers
}

/// Asks, if there is somebody to ask and something to ask for.
///
/// # Errors
/// Fails if somebody cancels, or the target cannot take a project.
pub(super) fn ask(
    ui: Ui,
    recipe: Recipe<'_>,
    layers: &Layers,
    directory: &Path,
    matches: &ArgMatches,
) -> Result<Option<Asked>> {
    let face = face(matches)?;
    if face == Face::Silent {
        if matches.get_flag("resume") {
            return Err(Error::usage("`--resume` goes on asking, and nothing can be asked here")
                .hint("`--answers FILE` takes answers without asking"));
        }
        return Ok(None);
    }
    let takes_stdin = matches.get_one::<String>("answers").is_some_and(|file| file == "-");
    if face == Face::Plain && takes_stdin && !std::io::stdin().is_terminal() {
        return Err(Error::usage("`--answers -` and `--ui plain` both read standard input")
            .hint("give the answers in a file"));
    }
    // Whoever answered everything should not learn only then that the target is a file.
    project::plan_creation(directory, &Tree::new())?;
    let session = Session {
        ui,
        pack: recipe.pack,
        recipe,
        layers,
        directory,
        matches,
        face,
        draft: draft(matches, directory),
    };
    session.run().map(Some)
}

fn face(matches: &ArgMatches) -> Result<Face> {
    let wanted = matches.get_one::<String>("ui").and_then(|name| Face::named(name));
    let [ci, accessible, face, term] = ["CI", "ACCESSIBLE", "FASTWRIGHT_UI", "TERM"].map(variable);
    choose(&Facts {
        wanted,
        is_refused: ["yes", "no-input"].iter().any(|option| matches.get_flag(option)),
        ci: ci.as_deref(),
        accessible: accessible.as_deref(),
        variable: face.as_deref(),
        term: term.as_deref(),
        terminals: (std::io::stdin().is_terminal(), std::io::stderr().is_terminal()),
        size: ui::window(),
    })
}

/// Returns where answers are kept, if they are to be and the user has a place for such things.
fn draft(matches: &ArgMatches, directory: &Path) -> Option<Draft> {
    let state = state_directory()?;
    (!matches.get_flag("no-draft")).then(|| Draft::of(&state, directory))
}

/// Returns the state directory of the user, as the XDG specification has it, where there is one.
pub(super) fn state_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
}

/// One run of questions.
struct Session<'a> {
    ui: Ui,
    pack: &'a Pack,
    recipe: Recipe<'a>,
    layers: &'a Layers,
    directory: &'a Path,
    matches: &'a ArgMatches,
    face: Face,
    draft: Option<Draft>,
}

impl Session<'_> {
    fn run(self) -> Result<Asked> {
        match self.asked() {
            Ok(asked) => Ok(Asked { draft: self.draft, ..asked }),
            Err(error) => Err(match self.way_back() {
                Some(hint) if matches!(error.exit(), Exit::Signal(_)) => error.hint(hint),
                Some(_) | None => error,
            }),
        }
    }

    fn asked(&self) -> Result<Asked> {
        let told = Cell::new(false);
        let save = |answers: &Progress| {
            if let Err(error) = self.save(answers)
                && !told.replace(true)
            {
                self.note("answers are not kept while you are asked", &error);
            }
        };
        let outlook = |answers: &Layer| self.outlook(answers);
        let (pack, layers) = (self.pack, self.layers);
        let asking = |start| Asking { pack, layers, start, save: &save, outlook: &outlook };
        let git = !self.matches.get_flag("no-git");
        let directory = self.directory.to_owned();
        let done = |layer, signals| Asked { layer, draft: None, directory, git, signals };
        if !ui::has_questions(&asking(Progress::default())) {
            return Ok(done(Layer::new(), None));
        }
        // From the first question to the hand-over: no signal is lost in between.
        let signals = Signals::catch(self.farewell())?;
        if self.face == Face::Wizard {
            return match self.wizard(git, &signals)? {
                Outcome::Create { asked: layer, git, directory } => {
                    let directory = PathBuf::from(directory);
                    Ok(Asked { directory, git, ..done(layer, Some(signals)) })
                }
                Outcome::Cancelled { signal, command } => {
                    if let Some(command) = command {
                        self.ui.tell(command);
                    }
                    Err(Error::interrupted(signal, "cancelled; nothing was written"))
                }
                Outcome::TooSmall { asked } => {
                    let start = Progress { answers: asked, ..Progress::default() };
                    let layer = ui::prompt(self.ui, &signals, &asking(start))?;
                    Ok(done(layer, Some(signals)))
                }
            };
        }
        let layer = match self.face {
            Face::Plain => {
                let typed = &mut Typed::new(&signals);
                let start = self.start(|what| ui::plain_resume(typed, what))?;
                ui::plain(typed, &asking(start))?
            }
            Face::Wizard | Face::Prompt | Face::Silent => {
                let start = self.start(|what| ui::prompt_resume(self.ui, &signals, what))?;
                ui::prompt(self.ui, &signals, &asking(start))?
            }
        };
        Ok(done(layer, Some(signals)))
    }

    fn wizard(&self, git: bool, signals: &Signals) -> Result<Outcome> {
        let (start, offer) = match self.kept() {
            None => (Progress::default(), None),
            Some((_, answers)) if self.matches.get_flag("resume") => (answers, None),
            Some((what, answers)) => (answers, Some(what)),
        };
        wizard::ask(&wizard::Ask {
            ui: self.ui,
            signals,
            recipe: self.recipe,
            layers: self.layers,
            directory: self.directory,
            matches: self.matches,
            git,
            start,
            offer,
            save: self.draft.is_some().then_some(&|answers: &Progress| self.save(answers)),
        })
    }

    fn save(&self, answers: &Progress) -> Result<()> {
        match &self.draft {
            Some(draft) if answers.count() == 0 => draft.remove(),
            Some(draft) => {
                return draft.write(&self.pack.name, &self.pack.version.to_string(), answers);
            }
            None => {}
        }
        Ok(())
    }

    fn note(&self, message: &str, error: &Error) {
        let causes = error
            .problems()
            .iter()
            .flat_map(|problem| std::iter::once(problem.message.clone()).chain(problem.details()));
        let causes: Vec<String> = causes.collect();
        self.ui.tell(format_args!("note: {message}: {}", causes.join(": ")));
    }

    /// Returns the answers of an earlier run, if there are some and they are wanted.
    fn start(&self, asks: impl FnOnce(&str) -> Result<bool>) -> Result<Progress> {
        let resumes = self.matches.get_flag("resume");
        let Some((what, answers)) = self.kept() else { return Ok(Progress::default()) };
        Ok(if resumes || asks(&what)? { answers } else { Progress::default() })
    }

    /// Returns the answers of an earlier run, in words and as they are.
    fn kept(&self) -> Option<(String, Progress)> {
        let kept = match self.draft.as_ref().map(|draft| draft.read(&self.pack.name)) {
            Some(Ok(kept)) => kept.and_then(|kept| self.fitting(&kept)),
            Some(Err(error)) => {
                self.note("answers of an earlier run are left out", &error);
                None
            }
            None => None,
        };
        if kept.is_none() && self.matches.get_flag("resume") {
            let target = self.directory.display();
            self.ui.tell(format_args!("note: no answers are kept for `{target}`"));
        }
        kept
    }

    /// Leaves out what is answered otherwise now, or is no answer any more.
    fn fitting(&self, kept: &Kept) -> Option<(String, Progress)> {
        let Kept { version, progress } = kept;
        let directory = self.layers.directory.as_deref();
        let fitting = Interview::new(self.pack, self.layers, directory).fitting(progress);
        let count = fitting.count();
        if count == 0 {
            return None;
        }
        let answer = if count == 1 { "answer" } else { "answers" };
        let version = if *version == self.pack.version.to_string() {
            String::new()
        } else {
            format!(", to version {version} of the pack")
        };
        let rest = match progress.count() - count {
            0 => String::new(),
            rest => format!("; {rest} more do not fit"),
        };
        let what = format!("an earlier run kept {count} {answer}{version}{rest}");
        Some((what, fitting))
    }

    /// Returns what comes of answers, if they are good.
    fn outlook(&self, asked: &Layer) -> Option<Outlook> {
        let Self { pack, layers, directory, matches, .. } = self;
        let answers = resolve(pack, &with_asked(layers, asked)).complete(pack).ok()?;
        let new = New::render(pack, &with_asked(layers, asked), directory);
        let work = match new.and_then(|new| new.plan()) {
            Ok(plan) => {
                let (count, bytes) = ui::created(&plan);
                let git = if matches.get_flag("no-git") {
                    "without git"
                } else {
                    "with a first commit unless a repository is around it"
                };
                let shown = directory.display();
                format!("this writes {count} files, {}, to {shown}, {git}", ui::size(bytes))
            }
            Err(error) => {
                if limits::was_given_up() {
                    self.ui.error(&error);
                    limits::end();
                }
                error.to_string()
            }
        };
        let name = layers.directory.as_deref();
        Some(Outlook { work, command: self.recipe.short(&answers, directory, name) })
    }

    /// Tells how to go on with the answers that are kept, if some are.
    fn way_back(&self) -> Option<String> {
        let is_kept = self.draft.as_ref().is_some_and(|draft| draft.path().exists());
        is_kept.then(|| self.resume())
    }

    fn farewell(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let (draft, resume) = (self.draft.clone(), self.resume());
        move || match &draft {
            Some(draft) if draft.path().exists() => {
                format!("cancelled; nothing was written\n\nhint: {resume}")
            }
            Some(_) | None => "cancelled; nothing was written".to_owned(),
        }
    }

    fn resume(&self) -> String {
        let command = self.recipe.resume(self.directory, self.layers);
        format!("your answers are kept: `{command}` goes on with them")
    }
}
