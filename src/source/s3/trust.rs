//! Whom a secure connection trusts: the authorities of the machine, or those of a file.

use std::fs;
use std::path::Path;

use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::error::S3Error;

/// A client that trusts the authorities of a file alone, as the AWS CLI does with `AWS_CA_BUNDLE` or a profile's `ca_bundle`.
///
/// # Errors
/// If the file cannot be read, or holds something else than certificates in PEM.
pub(super) fn client(bundle: &Path, by: &str) -> Result<SharedHttpClient, S3Error> {
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
    Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https())
}
