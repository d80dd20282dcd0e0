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
use crate::stack::{Around, AtRest, Stack};

/// A stack, and what waits to move it.
pub struct Stepped {
    stack: Stack,
    consumers: Vec<Consumer>,
    echoes: Echoes,
}

/// What the fake platforms send because of our own calls.
#[derive(Debug)]
pub struct Echoes {
    of_meta: UnboundedReceiver<Vec<u8>>,
    of_x: UnboundedReceiver<Vec<u8>>,
}

impl Echoes {
    /// Takes the next one, without delivering it.
    pub fn take(&mut self) -> Option<Echo> {
        let of_meta = self.of_meta.try_recv().map(Echo::Meta);
        of_meta.or_else(|_| self.of_x.try_recv().map(Echo::X)).ok()
    }
}

/// A delivery that a fake platform sends because of our own calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Echo {
    /// By the fake Graph API.
    Meta(Vec<u8>),
    /// By the fake X.
    X(Vec<u8>),
}

/// Steps after which a stack that does not come to rest counts as one that never will.
const MOST_STEPS: usize = 10_000;

impl Stepped {
    /// Makes a stack in memory ready, with the five practices in `live`. Its clock stands at a time
    /// until it is moved.
    pub async fn build(at: Timestamp) -> Result<Self> {
        Self::build_with(at, None).await
    }

    /// Makes one around which the world is as told.
    pub async fn build_in(at: Timestamp, around: Around) -> Result<Self> {
        Self::build_with(at, Some(around)).await
    }

    async fn build_with(at: Timestamp, around: Option<Around>) -> Result<Self> {
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
            around,
        )
        .await?;
        let consumers = Route::all(&triggers).into_iter().map(Consumer::new);
        Ok(Stepped {
            stack,
            consumers: consumers.collect(),
            echoes: Echoes {
                of_meta: echoes,
                of_x: told,
            },
        })
    }

    /// Returns the stack. What it delivers, runs and chooses is done when its call returns; what
    /// comes of that waits.
    #[must_use]
    pub const fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Takes it apart, for who moves several things at the same time: the stack, what carries its
    /// stream, and what the fake platforms send.
    #[must_use]
    pub fn into_parts(self) -> (Stack, Vec<Consumer>, Echoes) {
        (self.stack, self.consumers, self.echoes)
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
                consumer.read(&self.stack)?;
                consumer.carry(&self.stack, usize::MAX).await
            }
            None => Ok(false),
        }
    }

    /// Delivers the next thing that a fake platform sends because of our own calls. Returns `false`
    /// if there is none.
    pub async fn echo(&mut self) -> Result<bool> {
        match self.echoes.take() {
            Some(Echo::Meta(body)) => self.stack.sender().deliver(&body).await?,
            Some(Echo::X(body)) => self.stack.sender().deliver_x(&body).await?,
            None => return Ok(false),
        };
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
