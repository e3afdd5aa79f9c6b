//! One endpoint for all objects of a bucket.

use std::sync::OnceLock;

use aws_sdk_s3::config::endpoint::{DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint};

/// Resolves the endpoint of the first object, and remembers it for the others.
///
/// The SDK's own resolver remembers too, but compares all parameters, and the key is one of them: with another key for
/// every request it evaluates its rules each time, for an endpoint that does not depend on the key.
#[derive(Debug, Default)]
pub(super) struct OneEndpoint {
    rules: DefaultResolver,
    known: OnceLock<Known>,
}

#[derive(Debug)]
struct Known {
    bucket: String,
    region: Option<String>,
    endpoint: Endpoint,
}

impl ResolveEndpoint for OneEndpoint {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        let Some(bucket) = params.bucket().filter(|_| params.key().is_some()) else {
            return ResolveEndpoint::resolve_endpoint(&self.rules, params);
        };
        if let Some(known) = self.known.get()
            && known.bucket == bucket
            && known.region.as_deref() == params.region()
        {
            return EndpointFuture::ready(Ok(known.endpoint.clone()));
        }
        EndpointFuture::new(async move {
            let endpoint = ResolveEndpoint::resolve_endpoint(&self.rules, params).await?;
            // Whoever comes second has found the same.
            let _ = self.known.set(Known {
                bucket: bucket.to_owned(),
                region: params.region().map(str::to_owned),
                endpoint: endpoint.clone(),
            });
            Ok(endpoint)
        })
    }
}
