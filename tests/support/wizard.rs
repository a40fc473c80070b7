//! The wizard on a pack, keys as words, and screens as text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use fastwright::answer::{Answers, CommandLine, Layer, Layers, Progress, Unanswered, Word};
use fastwright::pack::Pack;
use fastwright::render::Renderer;
use fastwright::ui::wizard::{
    Effect, Extent, Files, Glyphs, Keeping, Message, Place, Query, Standing, Start, Theme, Wizard,
    World,
};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// How a wizard looks.
#[derive(Clone, Copy)]
pub struct Look {
    pub theme: Theme,
    pub glyphs: Glyphs,
    pub size: (u16, u16),
}

/// The usual one.
pub const LOOK: Look = Look { theme: Theme::Auto, glyphs: Glyphs::Unicode, size: (80, 24) };

/// Starts a wizard for a project `demo`; `taken` is a folder with files, `bad` cannot be used.
pub fn with_wizard<R>(pack: &Pack, look: Look, test: impl FnOnce(&mut Wizard<'_>) -> R) -> R {
    with_draft(pack, look, Layer::new(), test)
}

/// Starts a wizard with answers of last time.
pub fn with_draft<R>(
    pack: &Pack,
    look: Look,
    draft: Layer,
    test: impl FnOnce(&mut Wizard<'_>) -> R,
) -> R {
    let draft = Progress { answers: draft, ..Progress::default() };
    with_start(pack, look, Start { draft, ..start(look, "demo") }, test)
}

/// Starts a wizard whose answers are kept, or are not.
pub fn with_keeping<R>(
    pack: &Pack,
    look: Look,
    keeping: Keeping,
    test: impl FnOnce(&mut Wizard<'_>) -> R,
) -> R {
    let keeps = keeping != Keeping::Unwanted;
    with_start(pack, look, Start { keeps, ..start(look, "demo") }, test)
}

/// Tells a wizard what became of its answers.
pub fn tell_keeping(wizard: &mut Wizard<'_>, keeping: Keeping) {
    let result = match keeping {
        Keeping::Unwanted | Keeping::Empty => return,
        Keeping::Saved => Ok(()),
        Keeping::Failed => Err("there is no room".to_owned()),
    };
    wizard.update(Message::Kept(result));
    assert_eq!(wizard.status().keeping(), keeping);
}

/// Returns a start in a directory, with nothing else that is special.
pub fn start(look: Look, directory: &str) -> Start {
    Start {
        place: place(directory),
        draft: Progress::default(),
        offer: None,
        keeps: false,
        git: true,
        mouse: false,
        size: look.size,
    }
}

/// Tells what stands in a directory: in `taken` files, `bad` cannot be used.
pub fn place(text: &str) -> Place {
    let free = || Box::new(place(&format!("{text}-2")));
    Place {
        text: text.to_owned(),
        name: Some(text.to_owned()),
        standing: match text {
            "taken" => Standing::Files(3),
            "bad" => Standing::Unusable("is a file".to_owned()),
            _ => Standing::Free,
        },
        free: ["taken", "bad"].contains(&text).then(free),
    }
}

/// Starts a wizard.
pub fn with_start<R>(
    pack: &Pack,
    look: Look,
    start: Start,
    test: impl FnOnce(&mut Wizard<'_>) -> R,
) -> R {
    let layers = Layers {
        layers: Vec::new(),
        directory: Some("demo".to_owned()),
        unanswered: Unanswered::Default,
    };
    let renderer = Renderer::new(pack);
    let command = |answers: &Answers, directory: &str, extent: Extent| {
        let minimal = answers.minimal(pack, Some(directory));
        let all = match extent {
            Extent::Minimal => minimal,
            Extent::Full => answers.iter().collect(),
        };
        let mut line = CommandLine::of("new");
        line.extend([Word::Folder(directory.to_owned()), Word::Plain("--yes".to_owned())]);
        line.extend(all.iter().map(|(key, value)| Word::answer(key, value)));
        line
    };
    let world = World {
        title: "new",
        pack,
        layers: &layers,
        files: Files::Rendered(&|answers| renderer.render(answers)),
        command: &command,
        theme: look.theme,
        glyphs: look.glyphs,
    };
    test(&mut Wizard::start(world, start))
}

/// Presses keys: names such as `Enter`, `C-r`, `M-g`, single characters, and words typed after `=`.
pub fn press(wizard: &mut Wizard<'_>, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for word in keys.split_whitespace() {
        let events: Vec<KeyEvent> = match word.strip_prefix('=') {
            Some(text) if !text.is_empty() => {
                text.chars().map(|letter| event(&letter.to_string())).collect()
            }
            _ => vec![event(word)],
        };
        for event in events {
            effects.extend(sent(wizard, Message::Key(event)));
        }
    }
    effects
}

/// Sends a message, and tells the wizard what it wants to know; returns what else it wants.
pub fn sent(wizard: &mut Wizard<'_>, message: Message) -> Vec<Effect> {
    let effects = wizard.update(message);
    while let Some(query) = wizard.query() {
        let Query::Place(text) = query else { panic!("nothing is upgraded") };
        assert_eq!(wizard.update(Message::Looked(place(&text))), [], "it wants nothing done");
    }
    effects
}

fn event(word: &str) -> KeyEvent {
    let (modifiers, word) = match word.split_once('-') {
        Some(("C", word)) => (KeyModifiers::CONTROL, word),
        Some(("M", word)) => (KeyModifiers::ALT, word),
        _ => (KeyModifiers::NONE, word),
    };
    let code = match word {
        "Enter" => KeyCode::Enter,
        "Space" => KeyCode::Char(' '),
        "Tab" => KeyCode::Tab,
        "BackTab" => KeyCode::BackTab,
        "Esc" => KeyCode::Esc,
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "F1" => KeyCode::F(1),
        "F6" => KeyCode::F(6),
        _ => {
            let mut letters = word.chars();
            match (letters.next(), letters.next()) {
                (Some(letter), None) => KeyCode::Char(letter),
                _ => panic!("no key `{word}`"),
            }
        }
    };
    KeyEvent::new(code, modifiers)
}

/// Draws a wizard.
pub fn drawn(wizard: &Wizard<'_>) -> Buffer {
    let (columns, rows) = wizard.panes().size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    wizard.draw(&mut buffer);
    buffer
}

/// Returns the text of a screen, without blanks at the ends of lines.
pub fn text(buffer: &Buffer) -> String {
    grid(buffer, |cell| cell.symbol().to_owned())
}

/// Returns a letter for the style of each cell.
pub fn styles(buffer: &Buffer) -> String {
    grid(buffer, |cell| letter(cell.style()).to_string())
}

fn grid(buffer: &Buffer, show: impl Fn(&ratatui::buffer::Cell) -> String) -> String {
    let line = |y: u16| {
        let cells = (0..buffer.area.width).map(|x| show(&buffer[(x, y)]));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    (0..buffer.area.height).map(line).collect()
}

/// Blank is plain, `b` bold, `d` faint, `r` reversed, and colours by their first letters, bold
/// ones large.
fn letter(style: Style) -> char {
    let has = |modifier| style.add_modifier.contains(modifier);
    if has(Modifier::REVERSED) {
        return 'r';
    }
    let letter = match style.fg {
        None | Some(Color::Reset) if has(Modifier::BOLD) => return 'b',
        None | Some(Color::Reset) if has(Modifier::DIM) => return 'd',
        None | Some(Color::Reset) => return ' ',
        Some(Color::Blue) => 'l',
        Some(Color::Cyan) => 'c',
        Some(Color::Yellow) => 'y',
        Some(Color::Magenta) => 'm',
        Some(other) => panic!("{other} is no colour of the wizard"),
    };
    if has(Modifier::BOLD) { letter.to_ascii_uppercase() } else { letter }
}
