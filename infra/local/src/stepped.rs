//! A stack in which nothing moves by itself: for simulations, which say what happens next.
//!
//! It runs on one thread and with paused time: no task is spawned, no socket is open, and no clock
//! is waited for.

use anyhow::Result;
use jiff::Timestamp;
use pagewarden_clock::Clock;
use pagewarden_readers::Readers;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::consumer::{Consumer, Route};
use crate::outbox::Outbox;
use crate::stack::{AtRest, Stack};
use crate::template::Trigger;

/// A stack, and what waits to move it.
pub struct Stepped {
    stack: Stack,
    consumers: Vec<Consumer>,
    echoes: UnboundedReceiver<Vec<u8>>,
    told: UnboundedReceiver<Vec<u8>>,
}

/// Steps after which a stack that does not come to rest counts as one that never will.
const MOST_STEPS: usize = 10_000;

impl Stepped {
    /// Makes a stack in memory ready, with the five practices in `live`. Its clock stands at a time
    /// until it is moved.
    pub async fn build(at: Timestamp) -> Result<Self> {
        let (
            stack,
            AtRest {
                triggers,
                echoes,
                told,
            },
        ) = Stack::build(
            None,
            Readers::rules_only(),
            Outbox::in_memory(),
            None,
            None,
            Clock::simulated(at),
        )
        .await?;
        let mut consumers = Vec::new();
        for (function, triggers) in triggers {
            for trigger in triggers {
                if let Trigger::Stream { filters, batch } = trigger {
                    consumers.push(Consumer::new(Route {
                        function: function.clone(),
                        filters,
                        batch,
                    }));
                }
            }
        }
        Ok(Stepped {
            stack,
            consumers,
            echoes,
            told,
        })
    }

    /// Returns the stack. What it delivers, runs and chooses is done when its call returns; what
    /// comes of that waits.
    #[must_use]
    pub const fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Returns the names of the functions that the stream goes to, in the order in which `step`
    /// asks them.
    pub fn consumers(&self) -> impl Iterator<Item = &str> {
        self.consumers.iter().map(Consumer::function)
    }

    /// Carries the next batch of the stream to one of the [`consumers`](Self::consumers). Returns
    /// `false` if none waits.
    pub async fn consumer(&mut self, consumer: usize) -> Result<bool> {
        match self.consumers.get_mut(consumer) {
            Some(consumer) => {
                consumer
                    .step(&self.stack.table, &self.stack.functions)
                    .await
            }
            None => Ok(false),
        }
    }

    /// Delivers the next thing that a fake platform sends because of our own calls. Returns `false`
    /// if there is none.
    pub async fn echo(&mut self) -> Result<bool> {
        if let Ok(delivery) = self.echoes.try_recv() {
            self.stack.sender().deliver(&delivery).await?;
        } else if let Ok(delivery) = self.told.try_recv() {
            self.stack.sender().deliver_x(&delivery).await?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Does the next thing there is to do. Returns `false` if nothing waits.
    pub async fn step(&mut self) -> Result<bool> {
        for consumer in 0..self.consumers.len() {
            if self.consumer(consumer).await? {
                return Ok(true);
            }
        }
        self.echo().await
    }

    /// Steps until nothing waits. Returns how many steps it took.
    pub async fn settle(&mut self) -> Result<usize> {
        for steps in 0..MOST_STEPS {
            if !self.step().await? {
                return Ok(steps);
            }
        }
        anyhow::bail!("the stack has not come to rest after {MOST_STEPS} steps")
    }
}
