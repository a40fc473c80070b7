//! How long the wizard takes: `cargo bench --bench wizard`. Prints; judges nothing.

#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use fastwright::answer::{Answers, CommandLine, Layers, Progress, Unanswered};
use fastwright::pack::{Catalog, Pack};
use fastwright::render::Renderer;
use fastwright::ui::wizard::{Extent, Files, Glyphs, Message, Place, Start, Theme, Wizard, World};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const ROUNDS: usize = 30;
const SIZE: (u16, u16) = (120, 40);

fn main() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let (mut first, mut keys) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        run(&pack, &mut first, &mut keys);
    }
    println!("{:<44} {:>10} {:>10}", "120x40", "median", "longest");
    for (name, times) in [
        ("start to first frame, without the process", &mut first),
        ("a key to its frame, all files rendered", &mut keys),
    ] {
        times.sort();
        let middle = milliseconds(times[times.len() / 2]);
        let longest = milliseconds(times[times.len() - 1]);
        println!("{name:<44} {middle:>7.2} ms {longest:>7.2} ms");
    }
}

/// Starts a wizard and moves over every option of every question.
fn run(pack: &Pack, first: &mut Vec<Duration>, keys: &mut Vec<Duration>) {
    let layers = Layers {
        layers: Vec::new(),
        directory: Some("shop-api".to_owned()),
        unanswered: Unanswered::Default,
    };
    let renderer = Renderer::new(pack);
    let world = World {
        title: "new",
        pack,
        layers: &layers,
        files: Files::Rendered(&|answers| renderer.render(answers)),
        command: &|_: &Answers, _: &str, _: Extent| CommandLine::of("new"),
        theme: Theme::Auto,
        glyphs: Glyphs::Unicode,
    };
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    let begin = Instant::now();
    let name = "shop-api".to_owned();
    let start = Start {
        place: Place { text: name.clone(), name: Some(name), ..Place::default() },
        draft: Progress::default(),
        offer: None,
        keeps: false,
        git: true,
        mouse: false,
        size: SIZE,
    };
    let mut wizard = Wizard::start(world, start);
    wizard.draw(&mut buffer);
    first.push(begin.elapsed());
    for key in wizard.facts().stops.clone() {
        wizard.focus_question(&key);
        for _ in 0..wizard.facts().choices.get(&key).map_or(1, Vec::len) {
            let begin = Instant::now();
            wizard.update(Message::Key(KeyEvent::new(KeyCode::Down, KeyModifiers::NONE)));
            buffer.reset();
            wizard.draw(&mut buffer);
            keys.push(begin.elapsed());
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
