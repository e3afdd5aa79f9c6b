//! What `-v` says of each request: method, key, status, time, and the ids by which AWS's support finds it.
//!
//! Nothing of the headers that prove who asks is shown, and of the address only what was asked for.

use std::time::Instant;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::interceptors::{BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

/// Parameters of a listing that tell what is asked for. Tokens are long and tell nothing.
const SHOWN_PARAMETERS: [&str; 5] = ["logging", "prefix", "start-after", "delimiter", "max-keys"];

/// Tells about requests.
#[derive(Debug)]
pub(super) struct RequestLog;

/// A request that is on its way.
#[derive(Debug)]
struct Sent {
    what: String,
    at: Instant,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Intercept for RequestLog {
    fn name(&self) -> &'static str {
        "RequestLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        state: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let range = request.headers().get("range").map_or(String::new(), |range| format!(" {range}"));
        let what = format!("{} {}{range}", request.method(), asked(request.uri()));
        state.interceptor_state().store_put(Sent { what, at: Instant::now() });
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        state: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Sent { what, at }) = state.load::<Sent>() else { return Ok(()) };
        let ms = at.elapsed().as_millis();
        match context.response() {
            Some(response) => {
                let status = response.status().as_u16();
                tracing::debug!("{what}: {status} in {ms} ms{}", ids(response));
            }
            None => tracing::debug!("{what}: no answer after {ms} ms"),
        }
        Ok(())
    }
}

/// The path of an address, and those parameters that tell what is asked for, encoded as they are sent.
fn asked(uri: &str) -> String {
    let uri = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    // Of the host, only the bucket may matter, and that does not change.
    let path = uri.find('/').map_or("/", |slash| &uri[slash..]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let shown = query.split('&').filter(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        SHOWN_PARAMETERS.contains(&name) && (!value.is_empty() || name == "logging")
    });
    let shown: Vec<&str> = shown.collect();
    if shown.is_empty() { path.to_owned() } else { format!("{path}?{}", shown.join("&")) }
}

/// The ids that AWS's support asks for: Amazon S3 User Guide, "Getting Amazon S3 request IDs for AWS Support".
fn ids(response: &HttpResponse) -> String {
    let id = |header: &str, name: &str| {
        response.headers().get(header).map_or(String::new(), |id| format!(", {name} {id:?}"))
    };
    id("x-amz-request-id", "request id") + &id("x-amz-id-2", "id 2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_and_nothing_else() {
        for (uri, expected) in [
            ("http://127.0.0.1:9000/my-logs/a%0Ab?x-id=GetObject", "/my-logs/a%0Ab"),
            (
                "https://my-logs.s3.amazonaws.com/?list-type=2&prefix=p%2F&continuation-token=secret",
                "/?prefix=p%2F",
            ),
            ("https://h/b/?list-type=2&prefix=&start-after=k", "/b/?start-after=k"),
            ("https://h/b/k?X-Amz-Signature=secret&X-Amz-Security-Token=secret", "/b/k"),
            ("https://h/b/?logging", "/b/?logging"),
            ("https://user:secret@h", "/"),
        ] {
            assert_eq!(asked(uri), expected, "{uri}");
        }
    }
}
