//! An account with buckets, in process: what is put into a setting of a bucket is what it answers later, as S3 does. For what the server
//! of the other tests does not know, and to fail where it hurts.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::runtime::Runtime;

/// Its number.
pub const NUMBER: &str = "111122223333";

/// What S3 answers where nothing was put: an error, or a document.
const NOTHING: [(&str, Result<&str, &str>); 10] = [
    ("policy", Err("NoSuchBucketPolicy")),
    ("policyStatus", Ok("<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>")),
    ("lifecycle", Err("NoSuchLifecycleConfiguration")),
    ("encryption", Err("ServerSideEncryptionConfigurationNotFoundError")),
    ("object-lock", Err("ObjectLockConfigurationNotFoundError")),
    ("ownershipControls", Err("OwnershipControlsNotFoundError")),
    ("publicAccessBlock", Err("NoSuchPublicAccessBlockConfiguration")),
    ("logging", Ok("<BucketLoggingStatus/>")),
    (
        "requestPayment",
        Ok("<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>"),
    ),
    ("acl", Ok("<AccessControlPolicy><AccessControlList/></AccessControlPolicy>")),
];

#[derive(Default)]
struct Bucket {
    region: String,
    settings: BTreeMap<String, String>,
    keys: Vec<String>,
}

#[derive(Default)]
struct State {
    buckets: BTreeMap<String, Bucket>,
    /// Those of others, which are not listed.
    foreign: Vec<String>,
    /// What was changed, in its order: `my-logs policy`.
    writes: Vec<String>,
    /// The write that fails, and how.
    failing: Option<(usize, u16, &'static str)>,
    /// Settings that nobody may read.
    denied: Vec<&'static str>,
    /// Settings that the server does not have.
    lacking: Vec<&'static str>,
    /// How many keys a page has, and the listings that were asked for.
    page: Option<usize>,
    lists: usize,
}

pub struct Account {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

impl Account {
    /// An account with these buckets, each with its region.
    pub fn new(buckets: &[(&str, &str)]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(socket), service));
            }
        });
        let account = Self { address, state, _runtime: runtime };
        for (name, region) in buckets {
            let bucket = Bucket { region: (*region).to_owned(), ..Bucket::default() };
            account.state().buckets.insert((*name).to_owned(), bucket);
        }
        account
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets a bucket up.
    pub fn put(&self, bucket: &str, setting: &str, document: &str) -> &Self {
        let mut state = self.state();
        state.buckets.get_mut(bucket).unwrap().settings.insert(setting.to_owned(), document.to_owned());
        drop(state);
        self
    }

    /// Puts a log into a bucket.
    pub fn log(&self, bucket: &str, key: &str) -> &Self {
        self.state().buckets.get_mut(bucket).unwrap().keys.push(key.to_owned());
        self
    }

    pub fn setting(&self, bucket: &str, setting: &str) -> Option<String> {
        self.state().buckets.get(bucket)?.settings.get(setting).cloned()
    }

    pub fn has(&self, bucket: &str) -> bool {
        self.state().buckets.contains_key(bucket)
    }

    /// From now on, this bucket is one of another account.
    pub fn is_foreign(&self, bucket: &str) -> &Self {
        self.state().foreign.push(bucket.to_owned());
        self
    }

    pub fn deny(&self, settings: &[&'static str]) -> &Self {
        self.state().denied = settings.to_vec();
        self
    }

    /// From now on, the server has no such settings.
    pub fn lacks(&self, settings: &[&'static str]) -> &Self {
        self.state().lacking = settings.to_vec();
        self
    }

    /// Pages of listings have so many keys.
    pub fn page(&self, size: usize) -> &Self {
        self.state().page = Some(size);
        self
    }

    pub fn lists(&self) -> usize {
        self.state().lists
    }

    /// From now on, writes are counted, and one of them fails.
    pub fn fail(&self, write: usize, status: u16, code: &'static str) -> &Self {
        let mut state = self.state();
        state.writes.clear();
        state.failing = Some((write, status, code));
        drop(state);
        self
    }

    /// What was changed since then.
    pub fn writes(&self) -> Vec<String> {
        self.state().writes.clone()
    }
}

type Answer = Response<Full<Bytes>>;

fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>It is {code}</Message></Error>");
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn done(document: impl Into<Bytes>) -> Answer {
    Response::new(Full::from(document.into()))
}

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Answer, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let name = parts.uri.path().trim_matches('/').to_owned();
    let query: BTreeMap<String, String> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| {
            (key.to_owned(), percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
        })
        .collect();
    let signature = parts.headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let mut state = state.lock().unwrap();
    Ok(match (name.as_str(), &parts.method) {
        ("", &Method::POST) => done(format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::{NUMBER}:user/me</Arn><UserId>AIDAEXAMPLE</UserId><Account>{NUMBER}</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>"
        )),
        ("", _) if state.denied.contains(&"buckets") => error(403, "AccessDenied"),
        ("", _) => {
            let own = state.buckets.keys().filter(|name| !state.foreign.contains(name));
            let names: String = own.map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
            done(format!("<ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>"))
        }
        (name, method) => of_bucket(&mut state, name, method, &query, &body, signature.as_deref()),
    })
}

fn of_bucket(
    state: &mut State,
    name: &str,
    method: &Method,
    query: &BTreeMap<String, String>,
    body: &str,
    signature: Option<&str>,
) -> Answer {
    let setting = NOTHING.iter().find(|(setting, _)| query.contains_key(*setting));
    if query.contains_key("list-type") {
        state.lists += 1;
    }
    if method != Method::GET {
        let what = setting.map_or("create", |(setting, _)| setting);
        state.writes.push(format!("{name} {what}"));
        let count = state.writes.len();
        if let Some((_, status, code)) = state.failing.filter(|(write, ..)| *write == count) {
            return error(status, code);
        }
    }
    let Some(bucket) = state.buckets.get_mut(name) else {
        if method != Method::PUT || setting.is_some() {
            return error(404, "NoSuchBucket");
        }
        let region = body.split_once("<LocationConstraint>").and_then(|(_, rest)| rest.split_once('<'));
        let region = region.map_or("us-east-1", |(region, _)| region).to_owned();
        state.buckets.insert(name.to_owned(), Bucket { region, ..Bucket::default() });
        return done("");
    };
    if query.contains_key("location") {
        let region = if bucket.region == "us-east-1" { "" } else { &bucket.region };
        return match state.denied.contains(&"location") {
            true => error(403, "AccessDenied"),
            false => done(format!("<LocationConstraint>{region}</LocationConstraint>")),
        };
    }
    if !signature.is_some_and(|signature| signature.contains(&format!("/{}/s3/", bucket.region))) {
        let mut response = error(301, "PermanentRedirect");
        response.headers_mut().insert("x-amz-bucket-region", bucket.region.parse().unwrap());
        return response;
    }
    let Some((setting, nothing)) = setting else {
        return match state.denied.contains(&"list") {
            true => error(403, "AccessDenied"),
            false => list(bucket, state.page.unwrap_or(1000), query),
        };
    };
    match *method {
        Method::GET if state.denied.contains(setting) => error(403, "AccessDenied"),
        Method::GET if state.lacking.contains(setting) => error(501, "NotImplemented"),
        Method::GET => match (bucket.settings.get(*setting), nothing) {
            (Some(document), _) => done(document.clone()),
            (None, Ok(document)) => done(*document),
            (None, Err(code)) => error(404, code),
        },
        Method::DELETE => {
            bucket.settings.remove(*setting);
            done("")
        }
        _ => {
            bucket.settings.insert((*setting).to_owned(), body.to_owned());
            done("")
        }
    }
}

fn list(bucket: &Bucket, page: usize, query: &BTreeMap<String, String>) -> Answer {
    let text = |name: &str| query.get(name).map_or("", String::as_str);
    let after = text("start-after").max(text("continuation-token"));
    let (prefix, delimiter) = (text("prefix"), text("delimiter"));
    let mut keys: Vec<&String> =
        bucket.keys.iter().filter(|key| key.starts_with(prefix) && key.as_str() > after).collect();
    keys.sort_unstable();
    let (mut contents, mut folders, mut count) = (String::new(), Vec::new(), 0);
    let mut last = "";
    let mut is_truncated = false;
    for key in keys {
        if count == page {
            is_truncated = true;
            break;
        }
        let folder = key[prefix.len()..].split_once('/').filter(|_| delimiter == "/");
        if let Some((folder, _)) = folder {
            let folder = format!("{prefix}{folder}/");
            if folders.last() != Some(&folder) {
                folders.push(folder);
                count += 1;
            }
        } else {
            contents.push_str(&format!(
                "<Contents><Key>{key}</Key><LastModified>2026-08-01T10:00:00.000Z</LastModified><Size>1</Size></Contents>"
            ));
            count += 1;
        }
        last = key;
    }
    let folders: String = folders
        .iter()
        .map(|name| format!("<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>"))
        .collect();
    let next = if is_truncated {
        format!("<NextContinuationToken>{last}</NextContinuationToken>")
    } else {
        String::new()
    };
    done(format!(
        "<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated><KeyCount>{count}</KeyCount>{contents}{folders}{next}</ListBucketResult>"
    ))
}
