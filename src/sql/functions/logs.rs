//! What logs are asked for: addresses, clients, accounts, actions.

use std::net::IpAddr;
use std::sync::Arc;

use datafusion::common::{exec_datafusion_err, exec_err};
use datafusion::logical_expr::ScalarUDF;
use ipnet::IpNet;
use percent_encoding::percent_decode_str;

use super::make::{boolean, text};
use crate::record::{Operation, Requester};
use crate::semantics::{Geoip, OperationInfo, parameter_of, write_client};

/// All of them.
pub(super) fn all(geoip: &Geoip) -> Vec<ScalarUDF> {
    let geoip = geoip.clone();
    vec![
        text("url_decode", 1, Arc::new(|row| Ok(first(row).map(url_decode)))),
        text("query_param", 2, Arc::new(|row| Ok(first(row).zip(second(row)).and_then(query_param)))),
        text("client_family", 1, Arc::new(|row| Ok(first(row).and_then(client_family)))),
        text("account_of", 1, Arc::new(|row| Ok(first(row).and_then(account_of)))),
        text("iam_action", 1, Arc::new(|row| Ok(first(row).and_then(iam_action)))),
        text(
            "country",
            1,
            Arc::new(move |row| {
                if geoip.is_empty() {
                    return exec_err!(
                        "country is read from a database of addresses: name one with --geoip FILE"
                    );
                }
                Ok(first(row).and_then(|address| geoip.country(address.as_bytes())).map(str::to_owned))
            }),
        ),
        boolean(
            "cidr_contains",
            2,
            Arc::new(|row| {
                let (Some(network), Some(address)) = (first(row), second(row)) else {
                    return Ok(None);
                };
                let network = network_of(network).ok_or_else(|| {
                    exec_datafusion_err!(
                        "cidr_contains: {network:?} is no network: 10.0.0.0/8, 2001:db8::/32"
                    )
                })?;
                // Logs hold texts that are no addresses, too.
                Ok(Some(
                    address.parse().is_ok_and(|address: IpAddr| network.contains(&address.to_canonical())),
                ))
            }),
        ),
    ]
}

fn first<'t>(row: &[Option<&'t str>]) -> Option<&'t str> {
    row.first().copied().flatten()
}

fn second<'t>(row: &[Option<&'t str>]) -> Option<&'t str> {
    row.get(1).copied().flatten()
}

/// The value of a parameter in a request URI, decoded. The columns of AWS's table for Athena have it in quotes.
fn query_param((uri, name): (&str, &str)) -> Option<String> {
    let value = parameter_of(uri.trim_matches('"').as_bytes(), name)?;
    Some(String::from_utf8_lossy(&value).into_owned())
}

fn network_of(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// A key or a URI, decoded once. A plus stays one: in keys it is one.
fn url_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The family of a client, without its version.
fn client_family(user_agent: &str) -> Option<String> {
    let mut client = Vec::new();
    write_client(user_agent.as_bytes(), &mut client);
    let client = String::from_utf8(client).ok()?;
    let family =
        client.rsplit_once('/').filter(|(_, version)| version.bytes().all(|byte| byte.is_ascii_digit()));
    Some(family.map_or(client.as_str(), |(family, _)| family).to_owned())
}

fn account_of(requester: &str) -> Option<String> {
    let account = Requester::new(requester.as_bytes()).account()?;
    String::from_utf8(account.to_vec()).ok()
}

/// The actions that allow an operation, as policies name them.
fn iam_action(operation: &str) -> Option<String> {
    // Settings that objects and buckets have are those of objects here.
    let of = |has_key| OperationInfo::of(Operation::new(operation.as_bytes()), has_key);
    let info = of(true).or_else(|| of(false))?;
    (!info.actions.is_empty()).then(|| info.actions.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(url_decode("a%20b+c%252F"), "a b+c%2F");
        assert_eq!(client_family("aws-cli/2.1 Python").as_deref(), Some("aws-cli"));
        assert_eq!(account_of("arn:aws:iam::111122223333:user/alice").as_deref(), Some("111122223333"));
        assert_eq!(account_of("AmazonS3"), None);
        assert_eq!(iam_action("REST.GET.OBJECT").as_deref(), Some("s3:GetObject"));
        assert_eq!(iam_action("REST.NOTHING"), None);
        assert!(
            network_of("10.0.0.1").is_some()
                && network_of("10.0.0.0/8").is_some()
                && network_of("x").is_none()
        );
    }
}
