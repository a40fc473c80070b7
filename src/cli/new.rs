//! new
use crate::error::Result;
use crate::exit::Exit;
use crate::pack::Pack;
use crate::ui::Ui;
use clap::ArgMatches;
pub fn run(_: Ui, _: &Pack, _: &ArgMatches) -> Result<Exit> {
    Ok(Exit::Done)
}
