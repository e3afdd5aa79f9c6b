//! s3s-fs behind hyper on a port of its own, and rules that break answers.

#![cfg_attr(not(feature = "sql"), allow(dead_code, reason = "some rules are about stores alone"))]

use std::convert::Infallible;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use s3al::source::s3::{Location, Options, RetryPolicy};

/// The bucket of every server here.
pub const BUCKET: &str = "my-logs";
/// Credentials of servers that ask for some.
pub const CREDENTIALS: (&str, &str) = ("AKIDEXAMPLE", "secretexample");

/// Which requests a rule is about.
#[derive(Clone, Debug)]
pub enum On {
    List,
    /// LIST of what follows a first page.
    LaterList,
    /// GET of an object whose key contains this.
    Get(&'static str),
    /// GET of any object, after so many.
    LaterGet(usize),
    /// PUT of an object whose key contains this.
    Put(&'static str),
    Logging,
    LoggingOf(&'static str),
    /// Requests that are not signed for this region.
    OtherRegion(&'static str),
}

/// What becomes of them.
#[derive(Clone, Debug)]
pub enum Act {
    /// An error of S3.
    Fail(u16, &'static str),
    /// An error of S3 with this message.
    FailSaying(u16, &'static str, &'static str),
    /// An error that names the region of the bucket.
    Elsewhere(u16, &'static str),
    /// The connection ends inside the body.
    Cut,
    /// The connection ends after so many bytes of the body.
    CutAfter(usize),
    /// A bit of the body is another one.
    Flip,
    /// The answer has the bytes of another place than was asked for, and says so.
    OtherRange,
    /// The answer is the whole object, whatever part was asked for.
    IgnoreRange,
    /// The object has another version from now on.
    Replace(&'static str),
    /// The body is shorter than the object, and the answer says so.
    Short,
    /// It is done, and the answer does not say so.
    Lose,
    /// No answer.
    Hang,
    /// An answer whose body does not end.
    Stall,
    /// A page loses its element of this name.
    Without(&'static str),
    /// A page loses its first object.
    OneLess,
    /// The answer ends after so many thousandths, and does not say how long it should have been.
    Ends(usize),
    /// The query loses `start-after`.
    IgnoreStartAfter,
    /// Keys that contain this lie in this class.
    Class(&'static str, &'static str),
    /// Keys that contain this lie in GLACIER, and this is their RestoreStatus, where it was asked for.
    Restored(&'static str, &'static str),
    /// A page tells the ETags of objects, whose files lie here.
    Etags(PathBuf),
    /// The page shows this object too, first.
    Extra(String, u64),
    /// The same, at its place and with an ETag.
    Sorted(String, u64, String),
    /// The body is this.
    Body(String),
}

#[derive(Clone, Debug)]
struct Rule {
    on: On,
    act: Act,
    left: usize,
}

/// An object that is made up as it is asked for.
pub struct Large {
    pub key: String,
    pub size: u64,
    pub etag: String,
    /// Its bytes from one on, so many.
    pub bytes: Box<dyn Fn(u64, usize) -> Vec<u8> + Send>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    large: Vec<Large>,
    page_size: Option<usize>,
    requests: Vec<String>,
}

pub struct Server {
    pub root: TempDir,
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

type Body = Either<Full<Bytes>, StreamBody<Broken>>;

impl Server {
    /// A server with these objects, which asks for no credentials.
    pub fn new<K: AsRef<str>, V: AsRef<[u8]>>(objects: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::start(objects, false)
    }

    /// A server that asks for [`CREDENTIALS`].
    pub fn signed<K: AsRef<str>, V: AsRef<[u8]>>(objects: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::start(objects, true)
    }

    /// The same over TLS, with a certificate that vouches for itself.
    pub fn secure<K: AsRef<str>, V: AsRef<[u8]>>(objects: impl IntoIterator<Item = (K, V)>) -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/certificate.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::start_with(objects, true, Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn start<K: AsRef<str>, V: AsRef<[u8]>>(objects: impl IntoIterator<Item = (K, V)>, signed: bool) -> Self {
        Self::start_with(objects, signed, None)
    }

    fn start_with<K: AsRef<str>, V: AsRef<[u8]>>(
        objects: impl IntoIterator<Item = (K, V)>,
        signed: bool,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root.path()).unwrap());
        if signed {
            builder.set_auth(SimpleAuth::from_single(CREDENTIALS.0, CREDENTIALS.1));
        }
        let service = builder.build();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (service, state) = (service.clone(), Arc::clone(&shared));
                let answer = service_fn(move |request| answer(service.clone(), Arc::clone(&state), request));
                let http = hyper::server::conn::http1::Builder::new();
                match tls.clone() {
                    None => drop(tokio::spawn(http.serve_connection(TokioIo::new(socket), answer))),
                    Some(tls) => drop(tokio::spawn(async move {
                        if let Ok(socket) = tls.accept(socket).await {
                            let _ = http.serve_connection(TokioIo::new(socket), answer).await;
                        }
                    })),
                }
            }
        });
        let server = Self { root, address, scheme, state, _runtime: runtime };
        for (key, body) in objects {
            server.put(key.as_ref(), body.as_ref());
        }
        server
    }

    pub fn path(&self, key: &str) -> PathBuf {
        self.root.path().join(BUCKET).join(key)
    }

    pub fn put(&self, key: &str, body: &[u8]) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, body).unwrap();
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn location(&self, prefix: &str) -> Location {
        format!("s3://{BUCKET}/{prefix}").parse().unwrap()
    }

    pub fn options(&self) -> Options {
        Options {
            endpoint_url: Some(self.url()),
            no_sign_request: true,
            retry_policy: RetryPolicy {
                pause: Duration::from_millis(2),
                attempts: 5,
                answer: Duration::from_secs(10),
                stall: Duration::from_secs(10),
                ..RetryPolicy::default()
            },
            ..Options::default()
        }
    }

    /// Breaks the next so many requests of a kind.
    pub fn rule(&self, times: usize, on: On, act: Act) -> &Self {
        self.state.lock().unwrap().rules.push(Rule { on, act, left: times });
        self
    }

    /// Pages tell the ETags of objects from now on.
    pub fn tell_etags(&self) -> &Self {
        self.rule(usize::MAX, On::List, Act::Etags(self.path("")))
    }

    pub fn clear(&self) {
        let mut state = self.state.lock().unwrap();
        state.rules.clear();
        state.requests.clear();
    }

    pub fn page_size(&self, size: usize) -> &Self {
        self.state.lock().unwrap().page_size = Some(size);
        self
    }

    /// Adds a large object.
    pub fn large(&self, large: Large) -> &Self {
        self.state.lock().unwrap().large.push(large);
        self
    }

    /// The requests so far: `LIST query` or `GET key`.
    pub fn requests(&self, kind: &str) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.requests.iter().filter(|request| request.starts_with(kind)).cloned().collect()
    }
}

fn kind(request: &Request<Incoming>) -> String {
    let query = request.uri().query().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8_lossy();
    let key = path.strip_prefix(&format!("/{BUCKET}")).unwrap_or_default();
    match key.trim_start_matches('/') {
        _ if query.contains("logging") => "LOGGING".to_owned(),
        "" => format!("LIST {query}"),
        key => format!("{} {key}", request.method()),
    }
}

fn find(state: &Mutex<State>, request: &Request<Incoming>, kind: &str) -> (Vec<Act>, Option<usize>) {
    let mut state = state.lock().unwrap();
    state.requests.push(kind.to_owned());
    let signature = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let gets = state.requests.iter().filter(|request| request.starts_with("GET")).count();
    let mut acts = Vec::new();
    for rule in &mut state.rules {
        let matches = match &rule.on {
            On::List => kind.starts_with("LIST"),
            On::LaterList => {
                kind.starts_with("LIST")
                    && (kind.contains("continuation-token") || kind.contains("start-after"))
            }
            On::Get(key) => kind.starts_with("GET") && kind.contains(key),
            On::Put(key) => kind.starts_with("PUT") && kind.contains(key),
            On::LaterGet(count) => kind.starts_with("GET") && gets > *count,
            On::Logging => kind == "LOGGING",
            On::LoggingOf(bucket) => kind == "LOGGING" && request.uri().path().contains(bucket),
            On::OtherRegion(region) => {
                signature.as_ref().is_some_and(|signature| !signature.contains(&format!("/{region}/s3/")))
            }
        };
        if matches && rule.left > 0 {
            rule.left -= 1;
            acts.push(rule.act.clone());
        }
    }
    (acts, state.page_size)
}

async fn answer(
    service: S3Service,
    state: Arc<Mutex<State>>,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let kind = kind(&request);
    let asks_for_restores = request
        .headers()
        .get("x-amz-optional-object-attributes")
        .is_some_and(|attributes| attributes.as_bytes() == b"RestoreStatus");
    let (acts, page_size) = find(&state, &request, &kind);
    let mut query = request.uri().query().unwrap_or_default().to_owned();
    if let Some(size) = page_size.filter(|_| kind.starts_with("LIST")) {
        query = format!("{query}&max-keys={size}");
    }
    for act in &acts {
        match act {
            Act::Fail(status, code) => return Ok(error(*status, code, None)),
            Act::FailSaying(status, code, message) => {
                let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
                let mut response = Response::new(Either::Left(Full::from(body)));
                *response.status_mut() = StatusCode::from_u16(*status).unwrap();
                return Ok(response);
            }
            Act::Elsewhere(status, region) => {
                return Ok(error(*status, "AuthorizationHeaderMalformed", Some(region)));
            }
            Act::Hang => std::future::pending().await,
            Act::IgnoreStartAfter => {
                query = query
                    .split('&')
                    .filter(|part| !part.starts_with("start-after"))
                    .collect::<Vec<_>>()
                    .join("&");
            }
            Act::Body(body) => return Ok(Response::new(Either::Left(Full::from(body.clone())))),
            _ => {}
        }
    }
    if let Some(key) = kind.strip_prefix("GET ")
        && let Some(response) = large(&state, key, &request, &acts)
    {
        return Ok(response);
    }
    let changed = request.uri().query().unwrap_or_default() != query;
    if changed {
        let uri = format!("{}?{query}", request.uri().path());
        *request.uri_mut() = uri.parse::<Uri>().unwrap();
    }
    let (mut parts, body) = match Service::call(&service, request).await {
        Ok(response) => response.into_parts(),
        Err(_) => return Ok(error(500, "InternalError", None)),
    };
    let mut body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut acts = acts;
    if kind.starts_with("LIST") && !kind.contains("continuation-token") && !kind.contains("start-after") {
        let state = state.lock().unwrap();
        acts.extend(
            state.large.iter().map(|large| Act::Sorted(large.key.clone(), large.size, large.etag.clone())),
        );
    }
    for act in acts {
        let (sorted, etag) = match &act {
            Act::Sorted(_, _, etag) => (true, format!("<ETag>{etag}</ETag>")),
            _ => (false, String::new()),
        };
        match act {
            Act::Cut | Act::Stall => {
                let half = Some(body.slice(..body.len() / 2));
                let stalls = matches!(act, Act::Stall);
                let broken = Broken { half, end: Box::pin(end_of_body(stalls)) };
                parts.headers.insert("content-length", body.len().into());
                return Ok(Response::from_parts(parts, Either::Right(StreamBody::new(broken))));
            }
            Act::Flip => {
                let mut bytes = body.to_vec();
                bytes[0] ^= 1;
                body = bytes.into();
            }
            Act::Lose => return Ok(error(503, "SlowDown", None)),
            Act::Short => body = body.slice(..body.len() / 2),
            Act::Without(element) => body = edit(&body, |text| cut_out(&text, element)),
            Act::OneLess => body = edit(&body, |text| cut_out(&text, "Contents")),
            Act::Ends(part) => {
                let body = body.slice(..body.len() * part / 1000);
                parts.headers.remove("content-length");
                let ends = Broken { half: Some(body), end: Box::pin(std::future::ready(())) };
                return Ok(Response::from_parts(parts, Either::Right(StreamBody::new(ends))));
            }
            Act::Etags(root) => {
                body = edit(&body, |text| {
                    let objects = text.split("<Contents>").map(|object| {
                        let Some((key, _)) =
                            object.split_once("<Key>").and_then(|(_, rest)| rest.split_once("</Key>"))
                        else {
                            return object.to_owned();
                        };
                        let content = std::fs::read(root.join(key)).unwrap_or_default();
                        let etag = BuildHasherDefault::<DefaultHasher>::default().hash_one(content);
                        format!("<ETag>&quot;{etag:016x}-1&quot;</ETag>{object}")
                    });
                    objects.collect::<Vec<_>>().join("<Contents>")
                });
            }
            Act::Class(key, class) => {
                body = edit(&body, |text| {
                    let objects = text.split("<Contents>").map(|object| match object.find(key) {
                        Some(_) => cut_out(object, "StorageClass")
                            .replace("<Key>", &format!("<StorageClass>{class}</StorageClass><Key>")),
                        None => object.to_owned(),
                    });
                    objects.collect::<Vec<_>>().join("<Contents>")
                });
            }
            Act::Restored(key, status) => {
                let status = if asks_for_restores {
                    format!("<RestoreStatus>{status}</RestoreStatus>")
                } else {
                    String::new()
                };
                body = edit(&body, |text| {
                    let objects = text.split("<Contents>").map(|object| match object.find(key) {
                        Some(_) => cut_out(object, "StorageClass")
                            .replace("<Key>", &format!("<StorageClass>GLACIER</StorageClass>{status}<Key>")),
                        None => object.to_owned(),
                    });
                    objects.collect::<Vec<_>>().join("<Contents>")
                });
            }
            Act::Extra(key, size) | Act::Sorted(key, size, _) => {
                body = edit(&body, |text| {
                    let extra = format!("<Contents><Key>{key}</Key>{etag}<Size>{size}</Size></Contents>");
                    let comes_later = |at: &usize| {
                        let (_, other) = text[*at..].split_once("<Key>").unwrap();
                        !sorted || other.split('<').next().unwrap() > key.as_str()
                    };
                    let mut objects = text.match_indices("<Contents>").map(|(at, _)| at);
                    let at = objects.find(comes_later).or_else(|| text.find("</ListBucketResult>")).unwrap();
                    let text = format!("{}{extra}{}", &text[..at], &text[at..]);
                    let (before, count) = text.split_once("<KeyCount>").unwrap();
                    let (count, after) = count.split_once('<').unwrap();
                    let count = count.parse::<usize>().unwrap() + 1;
                    format!("{before}<KeyCount>{count}<{after}")
                });
            }
            _ => {}
        }
    }
    parts.headers.insert("x-amz-request-id", "TESTID".parse().unwrap());
    parts.headers.insert("x-amz-id-2", "TESTID2".parse().unwrap());
    parts.headers.insert("content-length", body.len().into());
    Ok(Response::from_parts(parts, Either::Left(Full::from(body))))
}

/// The answer to a GET of an object that is made up.
fn large(
    state: &Mutex<State>,
    key: &str,
    request: &Request<Incoming>,
    acts: &[Act],
) -> Option<Response<Body>> {
    let mut state = state.lock().unwrap();
    let large = state.large.iter_mut().find(|large| large.key == key)?;
    for act in acts {
        if let Act::Replace(etag) = act {
            large.etag = (*etag).to_owned();
        }
    }
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap());
    if header("if-match").is_some_and(|etag| etag != large.etag) {
        return Some(error(412, "PreconditionFailed", None));
    }
    let range = header("range").and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let mut response = Response::builder().header("etag", &large.etag);
    let (mut start, mut end) = (0, large.size);
    if let Some((first, last)) = range.filter(|_| !acts.iter().any(|act| matches!(act, Act::IgnoreRange))) {
        (start, end) = (first.parse().unwrap(), last.parse::<u64>().unwrap() + 1);
        if acts.iter().any(|act| matches!(act, Act::OtherRange)) {
            (start, end) = (start + 1, end + 1);
        }
        let range = format!("bytes {start}-{}/{}", end - 1, large.size);
        response = response.status(206).header("content-range", range);
    }
    let length = usize::try_from(end - start).unwrap();
    response = response.header("content-length", length);
    let cut = acts.iter().find_map(|act| match act {
        Act::CutAfter(cut) => Some((*cut).min(length)),
        Act::Cut | Act::Stall => Some(length / 2),
        _ => None,
    });
    let stalls = acts.iter().any(|act| matches!(act, Act::Stall));
    let body = Bytes::from((large.bytes)(start, cut.unwrap_or(length)));
    let body = match cut {
        Some(_) => {
            Either::Right(StreamBody::new(Broken { half: Some(body), end: Box::pin(end_of_body(stalls)) }))
        }
        None => Either::Left(Full::from(body)),
    };
    Some(response.body(body).unwrap())
}

fn edit(body: &Bytes, edit: impl FnOnce(String) -> String) -> Bytes {
    edit(String::from_utf8(body.to_vec()).unwrap()).into()
}

/// The text without its elements of this name.
fn cut_out(text: &str, element: &str) -> String {
    match (text.find(&format!("<{element}>")), text.find(&format!("</{element}>"))) {
        (Some(begin), Some(end)) => format!("{}{}", &text[..begin], &text[end + element.len() + 3..]),
        _ => text.to_owned(),
    }
}

fn error(status: u16, code: &str, region: Option<&str>) -> Response<Body> {
    let body = format!("<Error><Code>{code}</Code><Message>It is broken</Message></Error>");
    let mut response = Response::new(Either::Left(Full::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if let Some(region) = region {
        response.headers_mut().insert("x-amz-bucket-region", region.parse().unwrap());
    }
    response
}

/// Half of a body; then the connection breaks, or nothing comes any more.
pub struct Broken {
    half: Option<Bytes>,
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
}

async fn end_of_body(stalls: bool) {
    if stalls {
        std::future::pending::<()>().await;
    }
    // The half is on its way before the connection breaks.
    tokio::time::sleep(Duration::from_millis(20)).await;
}

impl futures_core::Stream for Broken {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.half.take() {
            Some(half) => Poll::Ready(Some(Ok(Frame::data(half)))),
            None => self.end.as_mut().poll(context).map(|()| None),
        }
    }
}
