//! Whom a secure connection trusts: the authorities of the machine, or those of a file.

use std::fs;
use std::path::Path;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::error::S3Error;

/// A client that trusts the authorities of the machine.
pub(super) fn client() -> SharedHttpClient {
    client_with(TlsContext::default())
}

/// A client that trusts the authorities of a file alone, as the AWS CLI does with `AWS_CA_BUNDLE` or a profile's `ca_bundle`.
///
/// # Errors
/// If the file cannot be read, or holds something else than certificates in PEM.
pub(super) fn client_of_bundle(bundle: &Path, by: &str) -> Result<SharedHttpClient, S3Error> {
    let wrong = |why: String| S3Error::Config { message: format!("{} ({by}): {why}", bundle.display()) };
    let pem = fs::read(bundle).map_err(|error| wrong(error.to_string()))?;
    // The client would end the process over what it cannot read.
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("it holds no certificate in PEM".to_owned()));
    }
    let context = TlsContext::builder()
        .with_trust_store(TrustStore::empty().with_pem_certificate(pem))
        .build()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(client_with(context))
}

/// The SDK's client takes no account of HTTPS_PROXY and NO_PROXY where it is given a TLS stack, so its connector is told of them here.
fn client_with(context: TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone()).build()
    })
}
