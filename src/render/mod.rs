//! Rendering: a pack and answers become a tree, the same bytes everywhere.
//!
//! Parses only the templates that the answers use. Reads no clock, environment or disk.

mod context;
mod engine;
mod filters;
mod lock;
mod universe;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::{Engine, Room};

use crate::answer::Answers;
use crate::error::{Error, Result};
use crate::limits::{self, Place};
use crate::pack::{Anchor, Origin, Pack, Sources, interpolate};
use crate::tree::{Blob, Mode, RelPath, Tree};

const TEMPLATE: &str = ".tera";

/// One file to render or copy.
struct Part<'a> {
    /// Its path in the pack.
    source: String,
    /// Its rendered path.
    target: RelPath,
    bytes: &'a [u8],
}

/// Renders the repository that the answers describe.
///
/// # Errors
/// Fails if a template is wrong, with its file, line and column, or if two parts of the pack
/// write the same file.
pub fn render(pack: &Pack, answers: &Answers) -> Result<Tree> {
    Renderer::new(pack).render(answers)
}

/// Renders one pack again and again: each template is parsed once.
pub struct Renderer<'a> {
    pack: &'a Pack,
    engine: RefCell<Option<Engine>>,
}

impl<'a> Renderer<'a> {
    /// Makes a renderer; nothing is parsed yet.
    #[must_use]
    pub fn new(pack: &'a Pack) -> Self {
        Self { pack, engine: RefCell::default() }
    }

    /// Renders the repository that the answers describe.
    ///
    /// # Errors
    /// Fails as [`render()`] does.
    pub fn render(&self, answers: &Answers) -> Result<Tree> {
        let pack = self.pack;
        let used = context::used(pack, answers);
        let folders: Vec<&str> = used.iter().map(|used| used.folder.as_str()).collect();
        let mut parts = parts(pack, answers, "base/")?;
        for folder in &folders {
            parts.extend(self::parts(pack, answers, &format!("{folder}files/"))?);
        }
        let job = Job {
            sources: pack.sources(),
            anchors: anchors(pack, &folders),
            templates: parts
                .iter()
                .map(|part| part.source.clone())
                .filter(|source| source.ends_with(TEMPLATE))
                .collect(),
            context: context::context(pack, answers, &used)?,
        };
        let mut texts = self.run(job)?;

        let mut tree = Tree::new();
        for part in parts {
            let rendered = texts.remove(&part.source).map(String::into_bytes);
            let bytes = rendered.unwrap_or_else(|| part.bytes.to_owned());
            let executable = pack.executable.contains(part.target.as_str());
            let mode = if executable { Mode::Executable } else { Mode::Regular };
            if tree.insert(part.target.clone(), Blob { bytes, mode }).is_some() {
                let message = format!("two parts of the pack write `{}`", part.target);
                return Err(
                    Error::failed(message).because(format_args!("the second is `{}`", part.source))
                );
            }
        }
        add_links(pack, answers, &mut tree)?;
        tree.check_clashes().map_err(|clash| {
            Error::failed(format!("pack `{}` writes what cannot stand side by side", pack.name))
                .because(clash)
        })?;
        Ok(tree)
    }

    /// Hands the engine over to where templates are run, and takes it back.
    fn run(&self, job: Job) -> Result<BTreeMap<String, String>> {
        let engine = self.engine.borrow_mut().take();
        let work = move |place: &Place| {
            let mut engine = match engine.map_or_else(|| Engine::new(&job.sources), Ok) {
                Ok(engine) => engine,
                Err(error) => return (None, Err(error)),
            };
            let texts = job.run(&mut engine, place);
            (Some(engine), texts)
        };
        let (engine, texts) = match self.pack.origin {
            // What the program carries ends, and a thread for it would only take time.
            Origin::Embedded => work(&Place::default()),
            Origin::Folder => {
                limits::within(&format!("rendering pack `{}`", self.pack.name), work)?
            }
        };
        *self.engine.borrow_mut() = engine;
        texts
    }
}

/// All that the engine does for one tree.
struct Job {
    sources: Arc<Sources>,
    /// Anchors in the order of the pack, with the fragments of each.
    anchors: Vec<(Anchor, Vec<String>)>,
    templates: Vec<String>,
    context: tera::Context,
}

impl Job {
    /// Returns the texts of the templates by their paths.
    fn run(mut self, engine: &mut Engine, place: &Place) -> Result<BTreeMap<String, String>> {
        let fragments = self.anchors.iter().flat_map(|(_, fragments)| fragments);
        let all = self.templates.iter().chain(fragments);
        engine.parse(&self.sources, all.map(String::as_str))?;
        let room = Room::whole();
        self.add_anchors(engine, place, &room)?;
        let text = |path: String| {
            place.set(&path);
            engine.render(&path, &self.context, &room).map(|text| (path, text))
        };
        self.templates.into_iter().map(text).collect()
    }

    /// Renders all fragments, joins them and adds them to the context: every anchor of the pack is
    /// there then, filled or empty. A fragment may print the anchors that stand before its own.
    fn add_anchors(&mut self, engine: &Engine, place: &Place, room: &Room) -> Result<()> {
        let mut anchors = BTreeMap::new();
        self.context.insert("anchors", &anchors);
        for (anchor, fragments) in &self.anchors {
            let mut text = String::new();
            for path in fragments {
                place.set(path);
                text.push_str(&engine.render(path, &self.context, room)?);
            }
            if anchor.sort {
                let lines: BTreeSet<&str> = text.split_inclusive('\n').collect();
                text = lines.into_iter().collect();
            }
            anchors.insert(anchor.key.as_str(), text);
            self.context.insert("anchors", &anchors);
        }
        Ok(())
    }
}

/// Adds the links of the pack that lead to one of the files.
fn add_links(pack: &Pack, answers: &Answers, tree: &mut Tree) -> Result<()> {
    let mut links = BTreeMap::new();
    for (path, target) in &pack.links {
        let filled = filled(answers, "pack.toml", path)?;
        if tree.get(&filled).is_some() || links.insert(filled.clone(), target.clone()).is_some() {
            return Err(Error::failed(format!("two parts of the pack write `{filled}`"))
                .because(format_args!("the second is the link `{path}` in `pack.toml`")));
        }
    }
    tree.add_links(&links).map_err(|(path, reason)| {
        let target = &links[&path];
        Error::failed(format!("the link `{path}` to `{target}` in `pack.toml` is wrong"))
            .because(reason)
    })
}

/// Returns the files below a folder of the pack with their rendered paths.
fn parts<'a>(pack: &'a Pack, answers: &Answers, folder: &str) -> Result<Vec<Part<'a>>> {
    let part = |(path, bytes): (&str, &'a [u8])| {
        let source = format!("{folder}{path}");
        let target = filled(answers, &source, path.strip_suffix(TEMPLATE).unwrap_or(path))?;
        Ok(Part { source, target, bytes })
    };
    pack.files(folder).into_iter().map(part).collect()
}

/// Fills the placeholders of a path of the pack.
fn filled(answers: &Answers, source: &str, path: &str) -> Result<RelPath> {
    let wrong = |cause: String| {
        Error::failed(format!("the path `{path}` of `{source}` is wrong")).because(cause)
    };
    let text = interpolate(path, |key| answers.get(key).map(ToString::to_string))
        .map_err(|name| wrong(format!("there is no answer for `{name}`")))?;
    let path = RelPath::parse(&text).map_err(|reason| wrong(reason.to_string()))?;
    path.check_portable().map_err(|reason| wrong(reason.to_string()))?;
    Ok(path)
}

/// Returns the anchors of the pack with the fragments of the folders, in the order of the folders.
fn anchors(pack: &Pack, folders: &[&str]) -> Vec<(Anchor, Vec<String>)> {
    let mut fragments = BTreeMap::<String, Vec<String>>::new();
    for folder in folders {
        let folder = format!("{folder}fragments/");
        for (path, _) in pack.files(&folder) {
            let anchor = path.strip_suffix(TEMPLATE).unwrap_or(path).to_owned();
            fragments.entry(anchor).or_default().push(format!("{folder}{path}"));
        }
    }
    let filled = |anchor: &Anchor| {
        (anchor.clone(), fragments.remove(anchor.key.as_str()).unwrap_or_default())
    };
    pack.anchors.iter().map(filled).collect()
}
