//! The program on a terminal of its own: keys in, a screen out, and the terminal's state after it.
//!
//! Waits for what the screen shows, with a deadline, and never for time to pass.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use filedescriptor::{FileDescriptor, POLLIN, POLLOUT, poll, pollfd};
use portable_pty::{Child, ChildKiller, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Sandbox;

const DEADLINE: Duration = Duration::from_secs(20);

/// A run of the program on a terminal.
pub struct Terminal {
    child: Option<Box<dyn Child + Send + Sync>>,
    killer: Box<dyn ChildKiller + Send + Sync>,
    /// The tester's side; nobody has the terminal any more once it is gone.
    master: Option<(Box<dyn MasterPty + Send>, FileDescriptor)>,
    screen: vt100::Parser,
    /// All that was written to the terminal.
    pub bytes: Vec<u8>,
    /// The terminal's line mode before the program started.
    before: String,
}

/// A run that is to be started.
pub struct Start<'a> {
    sandbox: &'a Sandbox,
    command: Command,
    size: (u16, u16),
}

impl Sandbox {
    /// Returns a run of a command on a terminal of 80 columns and 24 rows.
    pub fn terminal(&self, command: Command) -> Start<'_> {
        Start { sandbox: self, command, size: (80, 24) }.env("TERM", "xterm")
    }
}

impl Start<'_> {
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn start(self) -> Terminal {
        let (columns, rows) = self.size;
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(self.command.get_program());
        command.args(self.command.get_args());
        command.env_clear();
        for (name, value) in self.command.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.cwd(self.sandbox.path());
        let before = mode(pair.master.as_ref());
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let descriptor = pair.master.as_raw_fd().expect("a descriptor");
        let mut descriptor = FileDescriptor::dup(&descriptor).expect("a descriptor");
        descriptor.set_non_blocking(true).expect("a descriptor");
        let mut terminal = Terminal {
            killer: child.clone_killer(),
            child: Some(child),
            master: Some((pair.master, descriptor)),
            screen: vt100::Parser::default(),
            bytes: Vec::new(),
            before,
        };
        terminal.fit(columns, rows);
        terminal
    }
}

impl Terminal {
    fn fit(&mut self, columns: u16, rows: u16) {
        let size = |size: u16| size.try_into().expect("more than nothing");
        self.screen.screen_mut().set_size(size(rows), size(columns));
    }

    /// Returns what the screen shows.
    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Waits until the screen shows a text.
    pub fn wait(&mut self, text: &str) -> &mut Self {
        self.wait_for(text, |screen| screen.contents().contains(text))
    }

    /// Waits until the screen is as wanted.
    pub fn wait_for(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) -> &mut Self {
        let end = Instant::now() + DEADLINE;
        while !holds(self.screen()) {
            let more = self.read(end);
            assert!(more, "no `{what}`, and the program has ended\n{}", self.screen().contents());
        }
        self
    }

    /// Takes what the program writes next; tells whether there was anything before its end.
    fn read(&mut self, end: Instant) -> bool {
        let (_, descriptor) = self.master.as_mut().expect("the terminal is there");
        let left = end.saturating_duration_since(Instant::now());
        let mut ready = [pollfd { fd: descriptor.as_raw_fd(), events: POLLIN, revents: 0 }];
        let count = poll(&mut ready, Some(left)).expect("polled");
        assert!(count > 0, "it takes too long\n{}", self.screen.screen().contents());
        let mut buffer = [0; 4096];
        let length = match descriptor.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            // On Linux reading fails once the program has left the terminal.
            Err(_) => 0,
        };
        self.screen.process(&buffer[..length]);
        self.bytes.extend_from_slice(&buffer[..length]);
        length > 0
    }

    /// Types keys; Enter is `\r`.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.send(keys.as_bytes())
    }

    /// Sends bytes that may be no keys, as fast as they are taken.
    pub fn send(&mut self, mut bytes: &[u8]) -> &mut Self {
        let end = Instant::now() + DEADLINE;
        while !bytes.is_empty() {
            let (_, descriptor) = self.master.as_mut().expect("the terminal is there");
            let written = descriptor.write(&bytes[..bytes.len().min(512)]);
            let again = |error: &std::io::Error| error.kind() == ErrorKind::WouldBlock;
            match written {
                Ok(length) => bytes = &bytes[length..],
                Err(error) if again(&error) => self.take_or_wait(end),
                // The program has ended.
                Err(_) => break,
            }
        }
        self
    }

    /// Types without a look at what the program writes; what is not taken is lost.
    pub fn type_unread(&mut self, keys: &str) -> &mut Self {
        let (_, descriptor) = self.master.as_mut().expect("the terminal is there");
        let _ = descriptor.write(keys.as_bytes());
        self
    }

    /// Waits until the terminal takes more, and takes what the program writes meanwhile.
    fn take_or_wait(&mut self, end: Instant) {
        let (_, descriptor) = self.master.as_mut().expect("the terminal is there");
        let fd = descriptor.as_raw_fd();
        let mut ready = [pollfd { fd, events: POLLIN | POLLOUT, revents: 0 }];
        let left = end.saturating_duration_since(Instant::now());
        assert!(poll(&mut ready, Some(left)).expect("polled") > 0, "nobody reads what is typed");
        if ready[0].revents & POLLIN != 0 {
            self.read(end);
        }
    }

    /// Writes over the screen, as another program on the same terminal does.
    pub fn smear(&mut self, text: &str) -> &mut Self {
        self.screen.process(text.as_bytes());
        self
    }

    /// Makes the terminal larger or smaller.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let (master, _) = self.master.as_ref().expect("the terminal is there");
        master.resize(size).expect("resized");
        self.fit(columns, rows);
        self
    }

    /// Sends a signal, such as `TERM`, to the program, or to that which a shell runs for it.
    pub fn signal(&mut self, name: &str) -> &mut Self {
        let (master, _) = self.master.as_ref().expect("the terminal is there");
        let leader = master.process_group_leader().expect("somebody has the terminal");
        let mut kill = Command::new("kill");
        assert!(kill.args(["-s", name, &leader.to_string()]).status().expect("kill").success());
        self
    }

    /// Sends a signal if the program still runs.
    pub fn signal_if_there(&mut self, name: &str) {
        let process = self.child.as_ref().and_then(|child| child.process_id());
        let process = process.expect("a program that nobody waited for").to_string();
        let _ = Command::new("kill").args(["-s", name, &process]).stderr(Stdio::null()).status();
    }

    /// Takes what the program has written so far.
    pub fn look(&mut self) {
        let (_, descriptor) = self.master.as_mut().expect("the terminal is there");
        let mut ready = [pollfd { fd: descriptor.as_raw_fd(), events: POLLIN, revents: 0 }];
        while poll(&mut ready, Some(Duration::ZERO)).expect("polled") > 0 {
            if !self.read(Instant::now() + DEADLINE) {
                break;
            }
        }
    }

    /// Takes the terminal away, as a connection that breaks does.
    pub fn hang_up(&mut self) -> &mut Self {
        self.master = None;
        self
    }

    /// Waits for the program's end and returns its status as a shell tells it.
    pub fn status(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        while self.master.is_some() && self.read(end) {}
        self.status_unread()
    }

    /// Does the same on a terminal that takes nothing more of what the program writes.
    pub fn status_unread(&mut self) -> u32 {
        let end = Instant::now() + DEADLINE;
        let mut child = self.child.take().expect("it is waited for once");
        let (sender, status) = channel();
        std::thread::spawn(move || sender.send(child.wait()));
        let status = status.recv_timeout(end.saturating_duration_since(Instant::now()));
        let status = status.expect("the program ends").expect("a status");
        let numbers =
            [("Hangup", 1), ("Interrupt", 2), ("Quit", 3), ("Killed", 9), ("Terminated", 15)];
        let signal = |name: &str| numbers.iter().find(|(text, _)| name.starts_with(text));
        match status.signal() {
            Some(name) => 128 + signal(name).unwrap_or_else(|| panic!("{name}")).1,
            None => status.exit_code(),
        }
    }

    /// Fails if lines are not read as before the program started.
    pub fn assert_mode(&self) {
        let (master, _) = self.master.as_ref().expect("the terminal is there");
        assert_eq!(mode(master.as_ref()), self.before, "the line mode");
    }

    /// Fails if the terminal is not as it was before the program started.
    pub fn assert_restored(&self) {
        self.assert_mode();
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "the main screen");
        assert!(!screen.hide_cursor(), "the cursor");
        assert!(!screen.bracketed_paste(), "pasting");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse");
        assert!(!screen.application_cursor() && !screen.application_keypad(), "the keys");
    }

    /// Tells whether the program reads keys instead of lines.
    pub fn is_raw(&self) -> bool {
        let (master, _) = self.master.as_ref().expect("the terminal is there");
        mode(master.as_ref()) != self.before
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.killer.kill();
        let _ = self.child.as_mut().map(|child| child.wait());
    }
}

/// Returns a shell that starts a command as a job, and takes it up again on Enter once it stopped.
pub fn shell(program: &Command) -> Command {
    script(program, "set -m; \"$@\"; echo it has stopped; read go; fg")
}

/// Returns a shell that does with a command what a script says.
pub fn script(program: &Command, script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    command.env_clear();
    for (name, value) in program.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

fn mode(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().expect("a line mode"))
}
