//! Of what on a page Meta tells the app.

use anyhow::Result;
use pagewarden_platforms::facebook;
use serde_json::{Value, json};

use super::call::{Answer, Call, error};
use super::{APP_ID, Graph};
use crate::Entry;

impl Graph {
    pub(super) fn subscription(&self, page: &str) -> Value {
        let all = || facebook::HEARD.map(str::to_owned).to_vec();
        let fields = self
            .pages()
            .subscribed
            .get(page)
            .cloned()
            .unwrap_or_else(all);
        let app = json!({ "id": APP_ID, "name": "Pagewarden", "subscribed_fields": fields });
        json!({ "data": if fields.is_empty() { vec![] } else { vec![app] } })
    }

    pub(super) fn subscribe(&self, page: &str, call: &Call) -> Result<Answer> {
        let Some(fields) = call
            .parameter("subscribed_fields")
            .filter(|fields| !fields.is_empty())
        else {
            return Ok(Err(error(
                400,
                100,
                "(#100) The parameter subscribed_fields is required",
                None,
            )));
        };
        let fields = fields.split(',').map(str::to_owned).collect();
        self.pages().write(Entry::Subscribed {
            id: page.to_owned(),
            fields,
        })?;
        Ok(Ok(json!({ "success": true })))
    }
}
