//! A transport that is replaced while it is used: a password changes, and the mails under way end as they began.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::app::ports::{Email, MailTransport, Sms, SmsTransport, Transport};
use crate::domain::state::Attempt;

/// The transport in use, always the current one.
pub struct Renewed<T: ?Sized>(RwLock<Arc<T>>);

impl<T: ?Sized> std::fmt::Debug for Renewed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renewed")
    }
}

impl<T: ?Sized> Renewed<T> {
    /// Returns a transport that may be replaced.
    pub const fn new(transport: Arc<T>) -> Self {
        Self(RwLock::new(transport))
    }

    /// Uses another one for what is sent from now on.
    pub fn replace(&self, transport: Arc<T>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = transport;
    }

    fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Transport + ?Sized> Transport for Renewed<T> {
    fn repeats_safely(&self) -> bool {
        self.current().repeats_safely()
    }

    fn longest(&self) -> Duration {
        self.current().longest()
    }
}

impl<T: MailTransport + ?Sized> MailTransport for Renewed<T> {
    fn send<'a>(&'a self, mail: &'a Email) -> BoxFuture<'a, Attempt> {
        let transport = self.current();
        async move { transport.send(mail).await }.boxed()
    }
}

impl<T: SmsTransport + ?Sized> SmsTransport for Renewed<T> {
    fn is_there(&self) -> bool {
        self.current().is_there()
    }

    fn send<'a>(&'a self, sms: &'a Sms) -> BoxFuture<'a, Attempt> {
        let transport = self.current();
        async move { transport.send(sms).await }.boxed()
    }
}
