//! One prospect's story, played on the local stack.

use crate::Result;
use crate::stack::Stack;

/// What to do after the story.
#[derive(Clone, Copy, PartialEq)]
pub enum Then {
    Stay,
    Exit,
}

/// Plays the story and says what happened.
pub async fn play(_stack: &Stack) -> Result<()> {
    Ok(())
}
