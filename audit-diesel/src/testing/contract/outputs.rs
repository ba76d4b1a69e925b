//! What was shown along the way.

use core::error::Error;
use core::fmt;

use audit_core::Audited;

/// Texts that were shown, and where.
#[derive(Default)]
pub(super) struct Outputs(pub(super) Vec<(String, String)>);

impl Outputs {
    pub(super) fn push(&mut self, at: impl Into<String>, text: String) {
        let output = (at.into(), text);
        if !self.0.contains(&output) {
            self.0.push(output);
        }
    }

    pub(super) fn debug(&mut self, of: &str, value: &dyn fmt::Debug) {
        self.push(
            format!("the `Debug` of {of}"),
            format!("{value:?}\n{value:#?}"),
        );
    }

    /// An error with all its sources.
    pub(super) fn error(&mut self, of: &str, error: &(dyn Error + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            self.push(format!("an error of {of}"), format!("{error}\n{error:?}"));
            next = error.source();
        }
    }

    /// What a record shows of itself.
    pub(super) fn record<E: Audited + fmt::Debug>(&mut self, record: &E) {
        self.debug("the record", record);
        let views = [
            ("`as_list`", serde_json::to_string(&record.as_list())),
            ("`as_detail`", serde_json::to_string(&record.as_detail())),
        ];
        for (name, view) in views {
            match view {
                Ok(text) => self.push(name, text),
                Err(error) => self.error(name, &error),
            }
        }
    }
}
