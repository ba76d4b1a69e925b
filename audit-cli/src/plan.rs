//! What a table lacks of the standard, and the changes that mend it. No SQL is run here but one
//! counting SELECT; the scripts are made of the plan by [`crate::script`].

mod count;
mod findings;
mod in_the_way;
mod making;
mod misread;
mod missing;
mod model;
mod null_tested;
mod survey;
mod text_times;

pub(crate) use findings::plan;
pub(crate) use model::{Change, Finding, Plan, Remedy, Value, Wishes};
pub(crate) use survey::has_stamps;
