//! Tests through the functions that the derives call, without a compiler behind them.

mod container_mistakes;
mod docs;
mod field_mistakes;
mod form_mistakes;
mod fuzz;
mod golden;
mod rules;
mod support;
mod ui;
