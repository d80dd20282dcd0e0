//! What the functions use, in the units that AWS charges for: their runs, and the table's capacity.

use std::ops::Sub;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use serde_json::{Value, json};

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    /// Runs of functions.
    pub runs: u32,
    /// Calls of the table.
    pub calls: u32,
    /// Read request units.
    pub reads: f64,
    /// Write request units, those of the indexes with them.
    pub writes: f64,
}

impl Sub for Used {
    type Output = Used;

    fn sub(self, before: Used) -> Used {
        Used {
            runs: self.runs - before.runs,
            calls: self.calls - before.calls,
            reads: self.reads - before.reads,
            writes: self.writes - before.writes,
        }
    }
}

/// Adds up what runs and calls use. Clones add to the same sum.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Used>>);

impl Meter {
    /// Returns what was used so far.
    #[must_use]
    pub fn used(&self) -> Used {
        *self.sum()
    }

    /// Counts a run of a function.
    pub(crate) fn run(&self) {
        self.sum().runs += 1;
    }

    fn sum(&self) -> MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "Meter"
    }

    /// Asks the table to say what a call uses: it does so only when asked.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let mut body: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        body["ReturnConsumedCapacity"] = json!("TOTAL");
        let body = body.to_string();
        request
            .headers_mut()
            .insert("content-length", body.len().to_string());
        *request.body_mut() = body.into();
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer: Value =
            serde_json::from_slice(context.response().body().bytes().unwrap_or_default())?;
        let told = &answer["ConsumedCapacity"];
        // A transaction reports each table on its own.
        let tables = told
            .as_array()
            .map_or(std::slice::from_ref(told), Vec::as_slice);
        let units: f64 = tables
            .iter()
            .filter_map(|table| table["CapacityUnits"].as_f64())
            .sum();
        let Ok(output) = context.output_or_error() else {
            // A write that its condition refuses is charged as if it were made, and the emulator does
            // not say how much: a unit, which is what a small item costs.
            if answer["__type"]
                .as_str()
                .is_some_and(|kind| kind.ends_with("ConditionalCheckFailedException"))
            {
                let mut sum = self.sum();
                sum.calls += 1;
                sum.writes += 1.0;
            }
            return Ok(());
        };
        let reads = output.downcast_ref::<GetItemOutput>().is_some()
            || output.downcast_ref::<BatchGetItemOutput>().is_some()
            || output.downcast_ref::<QueryOutput>().is_some();
        let mut sum = self.sum();
        sum.calls += 1;
        if reads {
            sum.reads += units;
        } else {
            sum.writes += units;
        }
        Ok(())
    }
}
