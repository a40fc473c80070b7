//! Placeholder until the closure lands.
use crate::error::Result;
use crate::pack::Pack;
use tera::Tera;

pub(super) fn register(_: &mut Tera, _: &Pack) -> Result<()> {
    Ok(())
}
